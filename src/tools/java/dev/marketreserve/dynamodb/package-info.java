@NullMarked
package dev.marketreserve.dynamodb;

import org.jspecify.annotations.NullMarked;
