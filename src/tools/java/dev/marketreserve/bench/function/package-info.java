/** The Java functions to compare with. */
@NullMarked
package dev.marketreserve.bench.function;

import org.jspecify.annotations.NullMarked;
