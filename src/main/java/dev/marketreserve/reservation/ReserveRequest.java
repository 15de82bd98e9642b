package dev.marketreserve.reservation;

import org.jspecify.annotations.Nullable;

/**
 * A tenant's request to reserve an API group. Two requests are equal where all their parts are,
 * whatever the spelling of their ids.
 *
 * @param domainId the tenant's domain (account)
 * @param projectId the tenant's project in the region
 * @param instanceId the tenant's dedicated gateway instance
 * @param groupId the API group to reserve
 * @param idempotencyKey the key that a repeat of this request has too; null where the caller sent
 *     none
 */
public record ReserveRequest(
    ResourceId domainId,
    ResourceId projectId,
    ResourceId instanceId,
    ResourceId groupId,
    @Nullable IdempotencyKey idempotencyKey) {

  /** Whether {@code other} comes from the same domain, project and instance. */
  boolean hasSameCallerAs(ReserveRequest other) {
    return domainId.equals(other.domainId)
        && projectId.equals(other.projectId)
        && instanceId.equals(other.instanceId);
  }

  /** Whether {@code other} is this very request, sent again. Without a key no request is. */
  boolean isRepeatOf(ReserveRequest other) {
    return idempotencyKey != null && equals(other);
  }
}
