@NullMarked
package dev.marketreserve.reservation;

import org.jspecify.annotations.NullMarked;
