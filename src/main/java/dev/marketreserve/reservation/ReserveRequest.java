package dev.marketreserve.reservation;

import org.jspecify.annotations.Nullable;

/**
 * A tenant's wish to reserve an API group, every part of it valid.
 *
 * @param domainId the tenant's domain (account)
 * @param projectId the tenant's project in the region
 * @param instanceId the tenant's dedicated gateway instance
 * @param groupId the API group to reserve
 * @param idempotencyKey what the caller repeats to ask for the same reservation again, 1 to 255
 *     visible ASCII characters; null where the caller sent none
 */
public record ReserveRequest(
    ResourceId domainId,
    ResourceId projectId,
    ResourceId instanceId,
    ResourceId groupId,
    @Nullable String idempotencyKey) {}
