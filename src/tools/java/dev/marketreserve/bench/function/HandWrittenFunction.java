package dev.marketreserve.bench.function;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.crt.AwsCrtHttpClient;
import software.amazon.awssdk.utils.IoUtils;

/**
 * A reservation's two operations with the function's HTTP client and a handwritten signature: no
 * SDK client, no JSON library, no validation, no retry.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html">Signature
 *     Version 4</a>
 */
public final class HandWrittenFunction implements RequestStreamHandler {

  private static final Pattern GROUP =
      Pattern.compile("\\\\\"group_id\\\\\"\\s*:\\s*\\\\\"([^\\\\]+)");
  private static final Pattern INSTANCE = Pattern.compile("\"instance_id\"\\s*:\\s*\"([^\"]+)");
  private static final DateTimeFormatter AMZ_DATE =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final SdkHttpClient client = AwsCrtHttpClient.create();
  private final URI endpoint = URI.create(variable("AWS_ENDPOINT_URL_DYNAMODB"));
  private final String region = variable("AWS_REGION");
  private final String keyId = variable("AWS_ACCESS_KEY_ID");
  private final String secret = variable("AWS_SECRET_ACCESS_KEY");

  @Override
  public void handleRequest(InputStream input, OutputStream output, Context context)
      throws IOException {
    String event = new String(input.readAllBytes(), StandardCharsets.UTF_8);
    String instance =
        first(INSTANCE, event).replaceFirst("(.{8})(.{4})(.{4})(.{4})(.{12})", "$1-$2-$3-$4-$5");
    String owner =
        call(
            "GetItem",
            """
            {"TableName":"%s","Key":{"instance_id":{"S":"%s"}},"ConsistentRead":true}\
            """
                .formatted(variable("INSTANCE_OWNERS_TABLE"), instance));
    if (!owner.contains("Item")) {
      throw new IOException("no owner: " + owner);
    }
    String purchase = UUID.randomUUID().toString();
    call(
        "PutItem",
        """
        {"TableName":"%s","Item":{"group_id":{"S":"%s"},"purchase_id":{"S":"%s"},\
        "created_at":{"S":"%s"}},"ConditionExpression":"attribute_not_exists(group_id)",\
        "ReturnValuesOnConditionCheckFailure":"ALL_OLD"}\
        """
            .formatted(
                variable("RESERVATIONS_TABLE"), first(GROUP, event), purchase, Instant.now()));
    output.write(
        "{\"statusCode\":201,\"body\":\"{\\\"purchase_id\\\":\\\"%s\\\"}\"}"
            .formatted(purchase)
            .getBytes(StandardCharsets.UTF_8));
  }

  private String call(String operation, String body) throws IOException {
    String target = "DynamoDB_20120810." + operation;
    String date = AMZ_DATE.format(Instant.now());
    SdkHttpRequest request =
        SdkHttpRequest.builder()
            .uri(endpoint)
            .method(SdkHttpMethod.POST)
            .putHeader("Host", endpoint.getAuthority())
            .putHeader("Content-Type", "application/x-amz-json-1.0")
            .putHeader("Content-Length", Integer.toString(body.length()))
            .putHeader("X-Amz-Date", date)
            .putHeader("X-Amz-Target", target)
            .putHeader("Authorization", signature(target, date, body))
            .build();
    HttpExecuteRequest call =
        HttpExecuteRequest.builder()
            .request(request)
            .contentStreamProvider(ContentStreamProvider.fromUtf8String(body))
            .build();
    HttpExecuteResponse response = client.prepareRequest(call).call();
    String text = IoUtils.toUtf8String(response.responseBody().orElseThrow());
    if (!response.httpResponse().isSuccessful()) {
      throw new IOException(text);
    }
    return text;
  }

  private String signature(String target, String date, String body) throws IOException {
    String scope = date.substring(0, 8) + "/" + region + "/dynamodb/aws4_request";
    String headers = "host;x-amz-date;x-amz-target";
    try {
      String request =
          "POST\n/\n\nhost:%s\nx-amz-date:%s\nx-amz-target:%s\n\n%s\n%s"
              .formatted(endpoint.getAuthority(), date, target, headers, sha256(body));
      byte[] key = ("AWS4" + secret).getBytes(StandardCharsets.UTF_8);
      for (String part : scope.split("/", -1)) {
        key = hmac(key, part);
      }
      String toSign = "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n" + sha256(request);
      return "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"
          .formatted(keyId, scope, headers, HexFormat.of().formatHex(hmac(key, toSign)));
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  private static String sha256(String text) throws GeneralSecurityException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String first(Pattern pattern, String text) {
    return pattern.matcher(text).results().findFirst().orElseThrow().group(1);
  }

  private static String variable(String name) {
    return Objects.requireNonNull(System.getenv(name), name);
  }
}
