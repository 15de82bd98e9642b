package dev.marketreserve.reservation;

/**
 * A tenant of the cloud and its gateway instance. Two tenants are equal if all their ids are,
 * whatever the spelling.
 *
 * @param domainId the tenant's domain (account)
 * @param projectId the tenant's project in the region
 * @param instanceId the tenant's dedicated gateway instance
 */
public record Tenant(ResourceId domainId, ResourceId projectId, ResourceId instanceId) {}
