package dev.marketreserve.reservation;

import org.jspecify.annotations.Nullable;

/**
 * A tenant's request to reserve an API group. Two requests are equal if all their parts are,
 * whatever the spelling of their ids.
 *
 * @param groupId the API group to reserve
 * @param idempotencyKey the key that a retry of this request has too; null if the caller sent none
 */
public record ReserveRequest(
    Tenant tenant, ResourceId groupId, @Nullable IdempotencyKey idempotencyKey) {

  /** Whether {@code other} is this very request, sent again. Without a key no request is. */
  boolean isRetryOf(ReserveRequest other) {
    return idempotencyKey != null && equals(other);
  }
}
