package dev.marketreserve.chaos;

import dev.marketreserve.dynamodb.DynamoDbServer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.eclipse.jetty.server.Request;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;

/** Checks a request's signature: signs what arrived once more, and compares. */
final class SignatureV4 {

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmssX", Locale.ROOT);

  /**
   * How long a signature is valid: up to a second for the attempt, and up to one because its date
   * has whole seconds.
   */
  static final Duration VALIDITY = Duration.ofSeconds(2);

  private SignatureV4() {}

  /** Whether the request is signed as it arrived, and its signature has not expired. */
  static boolean holds(Request request, byte[] body) {
    String authorization = Objects.requireNonNull(request.getHeaders().get("Authorization"));
    String signedHeaders = authorization.replaceFirst(".*SignedHeaders=([^,]+),.*", "$1");
    SdkHttpRequest.Builder unsigned =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.fromValue(request.getMethod()))
            .uri(request.getHttpURI().toURI());
    for (String name : signedHeaders.split(";", -1)) {
      unsigned.putHeader(name, request.getHeaders().getValuesList(name));
    }
    Instant signed = TIME.parse(request.getHeaders().get("X-Amz-Date"), Instant::from);
    return Instant.now().isBefore(signed.plus(VALIDITY))
        && sign(unsigned.build(), body, signed).equals(Optional.of(authorization));
  }

  private static Optional<String> sign(SdkHttpRequest unsigned, byte[] body, Instant time) {
    return AwsV4HttpSigner.create()
        .sign(sign ->
            sign.identity(DynamoDbServer.CREDENTIALS)
                .request(unsigned)
                .payload(ContentStreamProvider.fromByteArray(body))
                .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "dynamodb")
                .putProperty(AwsV4HttpSigner.REGION_NAME, DynamoDbServer.REGION.id())
                .putProperty(AwsV4HttpSigner.SIGNING_CLOCK, Clock.fixed(time, ZoneOffset.UTC)))
        .request()
        .firstMatchingHeader("Authorization");
  }
}
