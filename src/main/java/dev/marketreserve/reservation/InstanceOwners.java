package dev.marketreserve.reservation;

/** The register of who owns which gateway instance. */
public interface InstanceOwners {

  /**
   * Whether the instance is registered for this project of this domain right now. A registration
   * withdrawn before the call does not count.
   *
   * @throws StoreUnavailableException where that cannot be told before the deadline
   */
  boolean isOwner(
      ResourceId domainId, ResourceId projectId, ResourceId instanceId, Deadline deadline);
}
