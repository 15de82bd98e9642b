/** The work before a SnapStart snapshot, which makes the first request after it a fast one. */
@NullMarked
package dev.marketreserve.snapstart;

import org.jspecify.annotations.NullMarked;
