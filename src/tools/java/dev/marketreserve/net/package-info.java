/** Ports and certificates on this machine. */
@NullMarked
package dev.marketreserve.net;

import org.jspecify.annotations.NullMarked;
