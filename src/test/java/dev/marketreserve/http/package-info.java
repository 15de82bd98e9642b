@NullMarked
package dev.marketreserve.http;

import org.jspecify.annotations.NullMarked;
