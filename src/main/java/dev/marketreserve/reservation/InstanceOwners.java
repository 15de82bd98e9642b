package dev.marketreserve.reservation;

/** The register of the owners of gateway instances. */
public interface InstanceOwners {

  /**
   * Whether the tenant's instance is registered for its project and domain at the time of the call.
   * A registration withdrawn before the call does not count.
   *
   * @throws UnknownOutcomeException if the register does not respond before the deadline
   */
  boolean isOwner(Tenant tenant, Deadline deadline);
}
