/**
 * The HTTP side: an API Gateway event becomes a {@link
 * dev.marketreserve.reservation.ReserveRequest}, an outcome becomes a response. The only place that
 * knows status codes, headers and error codes.
 */
package dev.marketreserve.http;
