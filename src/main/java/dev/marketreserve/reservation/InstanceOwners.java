package dev.marketreserve.reservation;

/** The register of the owners of gateway instances. */
public interface InstanceOwners {

  /**
   * Whether the instance is registered for this project of this domain at the time of the call. A
   * registration withdrawn before the call does not count.
   *
   * @throws UnknownOutcomeException where the register does not answer before the deadline
   */
  boolean isOwner(
      ResourceId domainId, ResourceId projectId, ResourceId instanceId, Deadline deadline);
}
