/** The two DynamoDB tables behind the domain's ports. */
package dev.marketreserve.dynamodb;
