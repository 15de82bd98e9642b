@NullMarked
package dev.marketreserve;

import org.jspecify.annotations.NullMarked;
