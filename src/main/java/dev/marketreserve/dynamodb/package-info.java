/** The two DynamoDB tables behind the domain's ports. */
@NullMarked
package dev.marketreserve.dynamodb;

import org.jspecify.annotations.NullMarked;
