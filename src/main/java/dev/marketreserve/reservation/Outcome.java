package dev.marketreserve.reservation;

/**
 * The end of a request to reserve an API group. An end that is not known is an {@link
 * UnknownOutcomeException} instead.
 */
public sealed interface Outcome {

  /**
   * The group is reserved for the caller.
   *
   * @param purchaseId the number of the product instance
   * @param replayed whether an earlier request with the same idempotency key reserved it
   */
  record Reserved(String purchaseId, boolean replayed) implements Outcome {}

  /**
   * The caller itself holds the group: an earlier request of the same domain, project and instance
   * reserved it.
   *
   * @param purchaseId the number of the product instance that the earlier request got
   */
  record HeldByCaller(String purchaseId) implements Outcome {}

  /** Another caller holds the group. */
  record HeldByAnother() implements Outcome {}

  /** The instance is not registered for the caller's project and domain. Nothing was written. */
  record NotOwner() implements Outcome {}
}
