/** The Java functions to compare with. */
package dev.marketreserve.bench.function;
