package dev.marketreserve.reservation;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An API group that is reserved: the one record there ever is for its group.
 *
 * @param groupId the API group, in its canonical form like all ids here
 * @param purchaseId the number of the product instance, a random UUID in lower case
 * @param createdAt when it was reserved, to the millisecond
 * @param idempotencyKey the key of the request that reserved it; null where it had none
 */
public record Reservation(
    String groupId,
    String purchaseId,
    String domainId,
    String projectId,
    String instanceId,
    Instant createdAt,
    @Nullable String idempotencyKey) {

  /** The reservation that fulfils {@code request}. */
  static Reservation of(ReserveRequest request, String purchaseId, Instant createdAt) {
    return new Reservation(
        request.groupId().canonical(),
        purchaseId,
        request.domainId().canonical(),
        request.projectId().canonical(),
        request.instanceId().canonical(),
        createdAt,
        request.idempotencyKey());
  }

  /**
   * Whether {@code other} was asked for by the same caller, for the same group, with the same
   * idempotency key. Without a key no request repeats another.
   */
  boolean hasSameOriginAs(Reservation other) {
    return idempotencyKey != null
        && idempotencyKey.equals(other.idempotencyKey)
        && groupId.equals(other.groupId)
        && domainId.equals(other.domainId)
        && projectId.equals(other.projectId)
        && instanceId.equals(other.instanceId);
  }
}
