@NullMarked
package dev.marketreserve.local;

import org.jspecify.annotations.NullMarked;
