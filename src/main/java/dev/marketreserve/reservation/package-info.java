/**
 * The domain: requests to reserve an API group, their outcomes, and the two stores. It depends on
 * neither AWS nor JSON.
 */
package dev.marketreserve.reservation;
