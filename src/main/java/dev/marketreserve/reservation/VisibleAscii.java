package dev.marketreserve.reservation;

/** Text for an HTTP header: visible ASCII, without spaces and control characters. */
public final class VisibleAscii {

  private VisibleAscii() {}

  /** Whether {@code text} is 1 to {@code maxLength} visible ASCII characters. */
  public static boolean matches(String text, int maxLength) {
    return !text.isEmpty()
        && text.length() <= maxLength
        && text.chars().allMatch(c -> c > ' ' && c <= '~');
  }
}
