/** Compares the function with others that do the same work: {@code mvn -Pbench}. */
@NullMarked
package dev.marketreserve.bench;

import org.jspecify.annotations.NullMarked;
