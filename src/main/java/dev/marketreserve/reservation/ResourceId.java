package dev.marketreserve.reservation;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The id of a domain, project, gateway instance or API group: 1 to {@value #MAX_LENGTH} characters
 * of {@code A-Z a-z 0-9 _ -}, the first a letter or digit.
 *
 * <p>All spellings of a UUID are equal: with or without dashes, in upper or lower case. Other ids
 * are compared exactly, case included.
 */
public final class ResourceId {

  public static final int MAX_LENGTH = 64;

  private static final Pattern ID =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0," + (MAX_LENGTH - 1) + "}");

  /** Four dashes or none: each must match the first, which may be empty. */
  private static final Pattern UUID =
      Pattern.compile("(H{8})(-?)(H{4})\\2(H{4})\\2(H{4})\\2(H{12})".replace("H", "[0-9A-Fa-f]"));

  private final String written;
  private final String canonical;

  private ResourceId(String written) {
    this.written = written;
    this.canonical = canonicalForm(written);
  }

  /** Parses an id; empty if {@code text} breaks the rules above. */
  public static Optional<ResourceId> parse(String text) {
    return ID.matcher(text).matches() ? Optional.of(new ResourceId(text)) : Optional.empty();
  }

  /** The id as the caller wrote it. */
  public String written() {
    return written;
  }

  /** The spelling to store: a UUID with dashes in lower case, any other id as written. */
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

  private static String canonicalForm(String id) {
    Matcher uuid = UUID.matcher(id);
    return uuid.matches() ? uuid.replaceFirst("$1-$3-$4-$5-$6").toLowerCase(Locale.ROOT) : id;
  }
}
