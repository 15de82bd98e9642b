/**
 * The container image: the layout of its files and the training run of its AOT cache. The image's
 * build runs this package, so it needs nothing but the JDK.
 */
@NullMarked
package dev.marketreserve.image;

import org.jspecify.annotations.NullMarked;
