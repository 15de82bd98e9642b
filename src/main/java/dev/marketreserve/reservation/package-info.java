/**
 * The domain: who may reserve an API group, and what a reservation is. Knows neither AWS nor JSON.
 */
@NullMarked
package dev.marketreserve.reservation;

import org.jspecify.annotations.NullMarked;
