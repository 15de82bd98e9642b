/** The packaged function under Lambda's own runtime client. */
@NullMarked
package dev.marketreserve.runtime;

import org.jspecify.annotations.NullMarked;
