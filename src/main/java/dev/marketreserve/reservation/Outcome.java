package dev.marketreserve.reservation;

/**
 * The outcome of a request to reserve an API group. An unknown outcome is an {@link
 * UnknownOutcomeException} instead.
 */
public sealed interface Outcome {

  /**
   * The group is reserved for the tenant.
   *
   * @param replayed whether an earlier request with the same idempotency key reserved it
   */
  record Reserved(String purchaseId, boolean replayed) implements Outcome {}

  /**
   * The tenant itself holds the group: an earlier request reserved it.
   *
   * @param purchaseId what the earlier request returned
   */
  record HeldBySameTenant(String purchaseId) implements Outcome {}

  /** Another tenant holds the group. */
  record HeldByOtherTenant() implements Outcome {}

  /** The instance is not registered for the tenant's project and domain. Nothing was written. */
  record NotOwner() implements Outcome {}
}
