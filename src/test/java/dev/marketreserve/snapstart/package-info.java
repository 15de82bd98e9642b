@NullMarked
package dev.marketreserve.snapstart;

import org.jspecify.annotations.NullMarked;
