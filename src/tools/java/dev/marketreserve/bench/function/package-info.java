/** Functions to compare with; each is packaged with nothing but the JDK. */
@NullMarked
package dev.marketreserve.bench.function;

import org.jspecify.annotations.NullMarked;
