package dev.marketreserve.reservation;

/** A store did not answer, or not in time: what it was asked for may or may not have happened. */
public final class StoreUnavailableException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final boolean throttled;

  public StoreUnavailableException(String message, boolean throttled, Throwable cause) {
    super(message, cause);
    this.throttled = throttled;
  }

  public StoreUnavailableException(String message) {
    super(message);
    this.throttled = false;
  }

  /** Whether the store turned the request away because too many came, so that waiting helps. */
  public boolean throttled() {
    return throttled;
  }
}
