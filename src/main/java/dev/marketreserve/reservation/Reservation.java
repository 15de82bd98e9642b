package dev.marketreserve.reservation;

import java.time.Instant;

/**
 * A reserved API group: the only record that its group ever has.
 *
 * @param request the request that reserved it
 * @param purchaseId a random UUID in lower case
 * @param createdAt when it was reserved, to the millisecond
 */
public record Reservation(ReserveRequest request, String purchaseId, Instant createdAt) {}
