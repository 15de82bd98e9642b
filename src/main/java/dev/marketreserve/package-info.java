/** The Lambda function: its entry point and its settings. */
package dev.marketreserve;
