/** The Lambda function: its entry point and its settings. */
@NullMarked
package dev.marketreserve;

import org.jspecify.annotations.NullMarked;
