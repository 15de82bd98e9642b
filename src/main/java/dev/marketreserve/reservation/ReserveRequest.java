package dev.marketreserve.reservation;

import org.jspecify.annotations.Nullable;

/**
 * A tenant's request to reserve an API group. The spelling of an id does not matter for equality.
 *
 * @param groupId the API group to reserve
 * @param idempotencyKey the same for a request and its retries; null if the caller sent none
 */
public record ReserveRequest(
    Tenant tenant, ResourceId groupId, @Nullable IdempotencyKey idempotencyKey) {

  /** Whether this request is a retry of {@code other}. Without a key, it is not. */
  boolean isRetryOf(ReserveRequest other) {
    return idempotencyKey != null && equals(other);
  }
}
