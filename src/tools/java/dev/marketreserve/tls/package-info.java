/** TLS on this machine. */
@NullMarked
package dev.marketreserve.tls;

import org.jspecify.annotations.NullMarked;
