package dev.marketreserve.reservation;

/** All instance owners, at most one per instance. */
public interface InstanceOwners {

  /**
   * Whether the tenant's instance is registered for its project and domain at the time of the
   * check. A registration withdrawn before the check does not count.
   *
   * @throws UnknownOutcomeException if the store does not respond before the deadline
   */
  boolean isOwner(Tenant tenant, Deadline deadline);
}
