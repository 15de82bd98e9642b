/**
 * The domain: requests to reserve an API group, their outcomes, and the two stores. It depends on
 * neither AWS nor JSON.
 */
@NullMarked
package dev.marketreserve.reservation;

import org.jspecify.annotations.NullMarked;
