package dev.marketreserve.reservation;

/**
 * A store failed, or did not respond in time. The requested work may have been done, or may still
 * be done.
 */
public final class UnknownOutcomeException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final boolean throttled;

  public UnknownOutcomeException(String message, boolean throttled, Throwable cause) {
    super(message, cause);
    this.throttled = throttled;
  }

  public UnknownOutcomeException(String message) {
    super(message);
    this.throttled = false;
  }

  /** Whether the store throttled the request, so that waiting helps. */
  public boolean throttled() {
    return throttled;
  }
}
