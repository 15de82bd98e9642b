package dev.marketreserve.reservation;

import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

/**
 * The id of a domain, project, gateway instance or API group: 1 to {@value #MAX_LENGTH} characters
 * of {@code A-Z a-z 0-9 _ -}, the first a letter or digit.
 *
 * <p>A UUID may come dashed or as 32 bare hex digits, in either case; all its spellings are one id
 * and equal. Any other id is equal to itself alone, case included.
 */
public final class ResourceId {

  public static final int MAX_LENGTH = 64;

  private static final int UUID_DIGITS = 32;
  private static final int UUID_LENGTH = 36;

  private final String written;
  private final String canonical;

  private ResourceId(String written) {
    this.written = written;
    this.canonical = canonicalForm(written);
  }

  /** The id that {@code text} spells, or empty where it breaks the rules above. */
  public static Optional<ResourceId> parse(String text) {
    return isWellFormed(text) ? Optional.of(new ResourceId(text)) : Optional.empty();
  }

  /** The id as the caller wrote it. */
  public String written() {
    return written;
  }

  /** The one spelling to store and compare: a UUID dashed in lower case, else as written. */
  public String canonical() {
    return canonical;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ResourceId that && canonical.equals(that.canonical);
  }

  @Override
  public int hashCode() {
    return canonical.hashCode();
  }

  @Override
  public String toString() {
    return canonical;
  }

  private static boolean isWellFormed(String text) {
    if (text.isEmpty() || text.length() > MAX_LENGTH || !isLetterOrDigit(text.charAt(0))) {
      return false;
    }
    for (int i = 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!isLetterOrDigit(c) && c != '_' && c != '-') {
        return false;
      }
    }
    return true;
  }

  private static boolean isLetterOrDigit(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  }

  private static String canonicalForm(String id) {
    if (isDashedUuid(id)) {
      return id.toLowerCase(Locale.ROOT);
    }
    if (isHex(id, UUID_DIGITS)) {
      return String.join(
              "-",
              id.substring(0, 8),
              id.substring(8, 12),
              id.substring(12, 16),
              id.substring(16, 20),
              id.substring(20))
          .toLowerCase(Locale.ROOT);
    }
    return id;
  }

  private static boolean isDashedUuid(String id) {
    return id.length() == UUID_LENGTH
        && id.charAt(8) == '-'
        && id.charAt(13) == '-'
        && id.charAt(18) == '-'
        && id.charAt(23) == '-'
        && isHex(id.replace("-", ""), UUID_DIGITS);
  }

  private static boolean isHex(String text, int digits) {
    if (text.length() != digits) {
      return false;
    }
    for (int i = 0; i < digits; i++) {
      if (!HexFormat.isHexDigit(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }
}
