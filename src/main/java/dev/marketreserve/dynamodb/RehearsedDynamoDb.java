package dev.marketreserve.dynamodb;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpResponse;

/**
 * A DynamoDB that answers from memory, to run the path of a request where nothing may be written.
 * One tenant owns every instance; every second put finds its group reserved.
 *
 * <p>All ids of the tenant, of the group, and its idempotency key are {@value #ID}.
 */
public final class RehearsedDynamoDb implements SdkHttpClient {

  public static final String ID = "00000000-0000-0000-0000-000000000000";

  private static final String OWNER =
      """
      {"Item": {"instance_id": {"S": "%1$s"}, "project_id": {"S": "%1$s"}, \
      "domain_id": {"S": "%1$s"}}}"""
          .formatted(ID);

  private static final String CONFLICT =
      """
      {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", \
      "message": "The conditional request failed", "Item": {"group_id": {"S": "%1$s"}, \
      "purchase_id": {"S": "earlier"}, "domain_id": {"S": "%1$s"}, \
      "project_id": {"S": "%1$s"}, "instance_id": {"S": "%1$s"}, \
      "created_at": {"S": "1970-01-01T00:00:00.000Z"}, "idempotency_key": {"S": "%1$s"}}}"""
          .formatted(ID);

  private final AtomicInteger puts = new AtomicInteger();

  @Override
  public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
    String operation = request.httpRequest().firstMatchingHeader("X-Amz-Target").orElse("");
    HttpExecuteResponse response =
        operation.endsWith("GetItem")
            ? response(200, OWNER)
            : puts.getAndIncrement() % 2 == 0 ? response(200, "{}") : response(400, CONFLICT);
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

  private static HttpExecuteResponse response(int status, String body) {
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
