package dev.marketreserve.reservation;

import java.util.Optional;

/**
 * The key that a request and its retries have in common: 1 to {@value #MAX_LENGTH} visible ASCII
 * characters. Keys are compared exactly, case included.
 *
 * @param value the key as the caller wrote it
 */
public record IdempotencyKey(String value) {

  public static final int MAX_LENGTH = 255;

  /**
   * @throws IllegalArgumentException if {@code value} breaks the rule above
   */
  public IdempotencyKey {
    if (!VisibleAscii.matches(value, MAX_LENGTH)) {
      throw new IllegalArgumentException(value);
    }
  }

  /** Parses a key; empty if {@code text} breaks the rule above. */
  public static Optional<IdempotencyKey> parse(String text) {
    return VisibleAscii.matches(text, MAX_LENGTH)
        ? Optional.of(new IdempotencyKey(text))
        : Optional.empty();
  }
}
