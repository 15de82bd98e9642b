package dev.marketreserve.reservation;

import java.time.Instant;

/**
 * An API group that is reserved: the one record there ever is for its group.
 *
 * @param request the request that reserved it
 * @param purchaseId a random UUID in lower case
 * @param createdAt when it was reserved, to the millisecond
 */
public record Reservation(ReserveRequest request, String purchaseId, Instant createdAt) {

  /** The API group that is reserved. */
  public ResourceId groupId() {
    return request.groupId();
  }
}
