package dev.marketreserve.reservation;

import java.time.Instant;

/**
 * The reservation of an API group. A group has at most one.
 *
 * @param request the request that reserved it
 * @param purchaseId a random UUID in lower case
 * @param createdAt when it was reserved, to the millisecond
 */
public record Reservation(ReserveRequest request, String purchaseId, Instant createdAt) {}
