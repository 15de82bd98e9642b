/** Compares the function with others that do the same work: {@code mvn -Pbench}. */
package dev.marketreserve.bench;
