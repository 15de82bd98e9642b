package dev.marketreserve.reservation;

/**
 * A tenant: a domain, a project and an instance together. The spelling of an id does not matter for
 * equality.
 *
 * @param domainId the tenant's domain (account)
 * @param projectId the tenant's project in the region
 * @param instanceId the tenant's dedicated gateway instance
 */
public record Tenant(ResourceId domainId, ResourceId projectId, ResourceId instanceId) {}
