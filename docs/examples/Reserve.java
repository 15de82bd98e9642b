import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
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
 * AWS_REGION names the region of the API. The call is then signed by the AWS SDK, with the
 * credentials that the SDK finds. Without AWS_REGION the call is not signed; only the local API
 * takes it then.
 *
 * <p>Exit status: 0 the tenant holds the group; 1 refused for good; 2 not known, run it again later
 * with the same key.
 */
final class Reserve {

  private static final int ATTEMPTS = 5;
  private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final Pattern PURCHASE_ID =
      Pattern.compile("\"purchase_id\"\\s*:\\s*\"([^\"]*)\"");

  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(CONNECTION_TIMEOUT).build();

  public static void main(String[] arguments) throws InterruptedException {
    URI url = URI.create(arguments[0]);
    String domainId = arguments[1];
    String body = "{\"group_id\": \"" + arguments[2] + "\"}";
    String idempotencyKey = arguments[3];
    long pauseMillis = 500; // doubles after each attempt
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        HttpResponse<String> response =
            HTTP.send(request(url, domainId, body, idempotencyKey), BodyHandlers.ofString());
        int status = response.statusCode();
        Matcher purchaseId = PURCHASE_ID.matcher(response.body());
        // A 409 has a purchase id if the tenant holds the group.
        if ((status == 201 || status == 409) && purchaseId.find()) {
          System.out.println(purchaseId.group(1));
          System.exit(0);
        }
        if (status != 429 && status < 500) {
          System.err.println(response.body());
          System.exit(1);
        }
        System.err.printf("attempt %d of %d: %d %s%n", attempt, ATTEMPTS, status, response.body());
      } catch (IOException e) {
        System.err.printf("attempt %d of %d: no answer (%s)%n", attempt, ATTEMPTS, e);
      }
      if (attempt < ATTEMPTS) {
        Thread.sleep(ThreadLocalRandom.current().nextLong(pauseMillis / 2, pauseMillis));
        pauseMillis *= 2;
      }
    }
    System.err.println(
        "Not known whether the group is reserved. Run this again later with the same key.");
    System.exit(2);
  }

  /** One attempt. A signature holds for minutes, so each attempt gets its own. */
  private static HttpRequest request(URI url, String domainId, String body, String idempotencyKey) {
    SdkHttpRequest request =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.POST)
            .uri(url)
            .putHeader("Content-Type", "application/json")
            .putHeader("X-Domain-Id", domainId)
            .putHeader("Idempotency-Key", idempotencyKey)
            .build();
    String region = System.getenv("AWS_REGION");
    SdkHttpRequest ready = region == null ? request : signed(request, body, region);
    HttpRequest.Builder http =
        HttpRequest.newBuilder(url).timeout(TIMEOUT).POST(BodyPublishers.ofString(body));
    ready.forEachHeader(
        (name, values) -> {
          if (!name.equalsIgnoreCase("Host")) { // HttpClient sets it by itself, to the same value.
            values.forEach(value -> http.header(name, value));
          }
        });
    return http.build();
  }

  private static SdkHttpRequest signed(SdkHttpRequest request, String body, String region) {
    return AwsV4HttpSigner.create()
        .sign(
            signing ->
                signing
                    .identity(DefaultCredentialsProvider.builder().build().resolveCredentials())
                    .request(request)
                    .payload(ContentStreamProvider.fromUtf8String(body))
                    .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, "execute-api")
                    .putProperty(AwsV4HttpSigner.REGION_NAME, region))
        .request();
  }
}
