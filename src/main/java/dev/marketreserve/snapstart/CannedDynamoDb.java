package dev.marketreserve.snapstart;

import dev.marketreserve.dynamodb.DynamoDb;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.regions.Region;

/**
 * A DynamoDB with canned responses, because priming must store nothing. The tenant {@value #TENANT}
 * owns every instance and holds the group {@value #TAKEN_GROUP}, reserved with the idempotency key
 * {@value #KEY}. A put for any other group succeeds.
 */
public final class CannedDynamoDb implements SdkHttpClient {

  /** The id of its domain, its project and its instance. */
  public static final String TENANT = "00000000-0000-0000-0000-000000000000";

  public static final String FREE_GROUP = "00000000-0000-0000-0000-000000000001";
  public static final String TAKEN_GROUP = "00000000-0000-0000-0000-000000000002";
  public static final String KEY = "priming";

  private static final Canned OWNER =
      new Canned(
          200,
          """
          {"Item": {"instance_id": {"S": "%1$s"}, "project_id": {"S": "%1$s"}, \
          "domain_id": {"S": "%1$s"}}}"""
              .formatted(TENANT));

  private static final Canned WRITTEN = new Canned(200, "{}");

  private static final Canned CONFLICT =
      new Canned(
          400,
          """
          {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", \
          "message": "The conditional request failed", "Item": {"group_id": {"S": "%2$s"}, \
          "purchase_id": {"S": "%2$s"}, "domain_id": {"S": "%1$s"}, \
          "project_id": {"S": "%1$s"}, "instance_id": {"S": "%1$s"}, \
          "created_at": {"S": "1970-01-01T00:00:00.000Z"}, "idempotency_key": {"S": "%3$s"}}}"""
              .formatted(TENANT, TAKEN_GROUP, KEY));

  /** Opens it as the function opens the real DynamoDB. */
  public static DynamoDb open() {
    return DynamoDb.open(
        new CannedDynamoDb(),
        client ->
            client
                .region(Region.US_EAST_1)
                .credentialsProvider(
                    StaticCredentialsProvider.create(
                        AwsBasicCredentials.create("priming", "priming"))));
  }

  @Override
  public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
    HttpExecuteResponse response = canned(request).response();
    return new ExecutableHttpRequest() {
      @Override
      public HttpExecuteResponse call() {
        return response;
      }

      @Override
      public void abort() {}
    };
  }

  @Override
  public void close() {}

  private static Canned canned(HttpExecuteRequest request) {
    String operation = request.httpRequest().firstMatchingHeader("X-Amz-Target").orElse("");
    if (operation.endsWith("GetItem")) {
      return OWNER;
    }
    return start(request).contains(TAKEN_GROUP) ? CONFLICT : WRITTEN;
  }

  /** The body, up to a length that priming never reaches. */
  private static String start(HttpExecuteRequest request) {
    try (InputStream body = request.contentStreamProvider().orElseThrow().newStream()) {
      return new String(body.readNBytes(1024), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private record Canned(int status, String body) {

    HttpExecuteResponse response() {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      return HttpExecuteResponse.builder()
          .response(
              SdkHttpResponse.builder()
                  .statusCode(status)
                  .putHeader("Content-Type", "application/x-amz-json-1.0")
                  .putHeader("Content-Length", String.valueOf(bytes.length))
                  .build())
          .responseBody(AbortableInputStream.create(new ByteArrayInputStream(bytes)))
          .build();
    }
  }
}
