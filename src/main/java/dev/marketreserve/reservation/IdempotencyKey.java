package dev.marketreserve.reservation;

import java.util.Optional;

/**
 * The key that a request and its retries have in common: 1 to {@value #MAX_LENGTH} visible ASCII
 * characters. Two keys are equal if every character is, case included.
 */
public final class IdempotencyKey {

  public static final int MAX_LENGTH = 255;

  private final String value;

  private IdempotencyKey(String value) {
    this.value = value;
  }

  /** Parses a key; empty if {@code text} breaks the rule above. */
  public static Optional<IdempotencyKey> parse(String text) {
    return VisibleAscii.matches(text, MAX_LENGTH)
        ? Optional.of(new IdempotencyKey(text))
        : Optional.empty();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof IdempotencyKey that && value.equals(that.value);
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  /** The key as the caller wrote it. */
  @Override
  public String toString() {
    return value;
  }
}
