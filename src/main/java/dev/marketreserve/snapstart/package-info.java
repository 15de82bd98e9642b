/** The work before a SnapStart snapshot, which makes the first request after it fast. */
package dev.marketreserve.snapstart;
