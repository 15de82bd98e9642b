import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;

/**
 * Reserves an API group and prints its purchase id. docs/calling.md explains the rules.
 *
 * <pre>
 *   java -classpath 'target/function/lib/*' docs/examples/Reserve.java URL DOMAIN_ID GROUP_ID IDEMPOTENCY_KEY
 * </pre>
 *
 * Set AWS_REGION to the API's region. The AWS SDK then signs the call with its default credentials.
 * Without AWS_REGION the call is not signed, and only the local API accepts it.
 *
 * <p>Exit status: 0 the tenant holds the group; 10 another tenant holds it; 11 the order is not
 * settled, run it again later with the same key; 12 the call is wrong and this run reserved
 * nothing.
 */
final class Reserve {

  private static final int REFUSED = 10;
  private static final int OUTCOME_UNKNOWN = 11;
  private static final int WRONG_CALL = 12;

  private static final int CALLS = 5;
  private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Pattern PURCHASE_ID =
      Pattern.compile("\"purchase_id\"\\s*:\\s*\"([^\"]*)\"");

  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(CONNECTION_TIMEOUT).build();
  private static final AwsCredentialsProvider CREDENTIALS =
      DefaultCredentialsProvider.builder().build();
  private static final String REGION = System.getenv("AWS_REGION");

  public static void main(String[] arguments) throws InterruptedException {
    System.exit(reserve(arguments));
  }

  /** Returns the exit status. */
  private static int reserve(String[] arguments) throws InterruptedException {
    if (arguments.length != 4 || !arguments[0].matches("https?://.+")) {
      return end(WRONG_CALL, "usage: Reserve URL DOMAIN_ID GROUP_ID IDEMPOTENCY_KEY");
    }
    URI url;
    try {
      url = URI.create(arguments[0]);
      if (REGION != null) {
        CREDENTIALS.resolveCredentials();
      }
    } catch (IllegalArgumentException | SdkException e) {
      return end(WRONG_CALL, e.getMessage());
    }
    String domainId = arguments[1];
    String body = "{\"group_id\": \"" + arguments[2] + "\"}";
    String idempotencyKey = arguments[3];
    boolean unknown = false;
    long pauseMillis = 500; // doubles after each call
    for (int call = 1; call <= CALLS; call++) {
      try {
        HttpResponse<String> response = send(request(url, domainId, body, idempotencyKey));
        int status = response.statusCode();
        String answer = response.body();
        Matcher purchaseId = PURCHASE_ID.matcher(answer);
        // A 409 has a purchase id if the tenant holds the group.
        if ((status == 201 || status == 409) && purchaseId.find()) {
          System.out.println(purchaseId.group(1));
          return 0;
        }
        // Without an error code the response is a proxy's page, not the API's.
        if (status == 409 && answer.contains("\"error_code\"")) {
          return end(REFUSED, answer);
        }
        if (status / 100 == 4 && status != 408 && status != 409 && status != 429) {
          // After an unknown outcome, an earlier call may have reserved the group.
          return end(unknown ? OUTCOME_UNKNOWN : WRONG_CALL, answer);
        }
        unknown |= status != 429;
        System.err.println("call " + call + " of " + CALLS + ": " + status + " " + answer);
      } catch (ExecutionException | TimeoutException | SdkException e) {
        unknown = true;
        System.err.println("call " + call + " of " + CALLS + ": no response (" + e + ")");
      }
      if (call < CALLS) {
        Thread.sleep(ThreadLocalRandom.current().nextLong(pauseMillis / 2, pauseMillis));
        pauseMillis *= 2;
      }
    }
    return end(
        OUTCOME_UNKNOWN, "The order is not settled. Run this again later with the same key.");
  }

  private static int end(int status, String reason) {
    System.err.println(reason);
    return status;
  }

  /** Sends one call. HttpRequest's own timeout would not include the response body. */
  private static HttpResponse<String> send(HttpRequest request)
      throws InterruptedException, ExecutionException, TimeoutException {
    return HTTP.sendAsync(request, BodyHandlers.ofString())
        .get(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Creates one call. A signature is valid for minutes, so each call gets its own. */
  private static HttpRequest request(URI url, String domainId, String body, String idempotencyKey) {
    SdkHttpRequest request =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.POST)
            .uri(url)
            .putHeader("Content-Type", "application/json")
            .putHeader("X-Domain-Id", domainId)
            .putHeader("Idempotency-Key", idempotencyKey)
            .build();
    SdkHttpRequest ready = REGION == null ? request : signed(request, body);
    HttpRequest.Builder http = HttpRequest.newBuilder(url).POST(BodyPublishers.ofString(body));
    ready.forEachHeader((name, values) -> {
      if (!name.equalsIgnoreCase("Host")) { // HttpClient sets it itself, to the same value.
        values.forEach(value -> http.header(name, value));
      }
    });
    return http.build();
  }

  private static SdkHttpRequest signed(SdkHttpRequest request, String body) {
    return AwsV4HttpSigner.create()
        .sign(signing ->
            signing
                .identity(CREDENTIALS.resolveCredentials())
                .request(request)
                .payload(ContentStreamProvider.fromUtf8String(body))
                .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "execute-api")
                .putProperty(AwsV4HttpSigner.REGION_NAME, REGION))
        .request();
  }
}
