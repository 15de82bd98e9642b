package dev.marketreserve.chaos;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.eclipse.jetty.server.Request;

/**
 * Recomputes a request's signature from what arrived.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html">Signature
 *     Version 4</a>
 */
final class SignatureV4 {

  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final Pattern AUTHORIZATION =
      Pattern.compile(
          ALGORITHM + " Credential=[^/]+/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})");

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmssX", Locale.ROOT);

  /** How long a signature is valid. An attempt takes up to a second, and its date is a second. */
  static final Duration VALIDITY = Duration.ofSeconds(2);

  private SignatureV4() {}

  /**
   * Whether {@code request}, which has no query, is signed with {@code secret} as it arrived, and
   * its signature has not expired.
   */
  static boolean holds(Request request, byte[] body, String secret) {
    Matcher authorization =
        AUTHORIZATION.matcher(Objects.requireNonNull(request.getHeaders().get("Authorization")));
    Instant signed = TIME.parse(request.getHeaders().get("X-Amz-Date"), Instant::from);
    return Instant.now().isBefore(signed.plus(VALIDITY))
        && authorization.matches()
        && authorization
            .group(3)
            .equals(
                signature(request, body, secret, authorization.group(1), authorization.group(2)));
  }

  private static String signature(
      Request request, byte[] body, String secret, String scope, String signedHeaders) {
    StringBuilder canonical = new StringBuilder();
    canonical.append(request.getMethod()).append('\n');
    canonical.append(Request.getPathInContext(request)).append("\n\n");
    for (String header : signedHeaders.split(";", -1)) {
      String value = String.join(",", request.getHeaders().getValuesList(header));
      canonical.append(header).append(':').append(value.strip()).append('\n');
    }
    canonical.append('\n').append(signedHeaders).append('\n').append(sha256(body));
    byte[] key = bytes("AWS4" + secret);
    for (String part : scope.split("/", -1)) {
      key = hmac(key, part);
    }
    String date = request.getHeaders().get("X-Amz-Date");
    String toSign = String.join("\n", ALGORITHM, date, scope, sha256(bytes(canonical.toString())));
    return HexFormat.of().formatHex(hmac(key, toSign));
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, mac.getAlgorithm()));
      return mac.doFinal(bytes(text));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
