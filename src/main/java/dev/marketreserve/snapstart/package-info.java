/** The work before a SnapStart snapshot, which makes the first request after it fast. */
@NullMarked
package dev.marketreserve.snapstart;

import org.jspecify.annotations.NullMarked;
