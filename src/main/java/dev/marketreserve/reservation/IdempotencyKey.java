package dev.marketreserve.reservation;

import java.util.Optional;

/**
 * The key by which a caller marks a retry of its own request: 1 to {@value #MAX_LENGTH} visible
 * ASCII characters. Two keys are equal if every character is, case included.
 */
public final class IdempotencyKey {

  public static final int MAX_LENGTH = 255;

  private final String value;

  private IdempotencyKey(String value) {
    this.value = value;
  }

  /** The key that {@code text} is, or empty if it breaks the rule above. */
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
