package dev.marketreserve.reservation;

/**
 * How a request to reserve an API group ended. An outcome that is not known is none of these but a
 * {@link StoreUnavailableException}.
 */
public sealed interface Outcome {

  /**
   * The group is reserved for the caller.
   *
   * @param purchaseId the number of the product instance
   * @param replayed whether an earlier request with the same idempotency key had reserved it
   */
  record Reserved(String purchaseId, boolean replayed) implements Outcome {}

  /** Another request holds the group. */
  record AlreadyReserved() implements Outcome {}

  /** The instance is not registered for the caller's project and domain. Nothing was written. */
  record NotOwner() implements Outcome {}
}
