package dev.marketreserve.snapstart;

import dev.marketreserve.dynamodb.DynamoDb;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
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

  /** The id of the tenant's domain, project and instance. */
  public static final String TENANT = "00000000-0000-0000-0000-000000000000";

  public static final String FREE_GROUP = "00000000-0000-0000-0000-000000000001";
  public static final String TAKEN_GROUP = "00000000-0000-0000-0000-000000000002";
  public static final String KEY = "priming";

  private static final String OWNER =
      """
      {"Item": {"instance_id": {"S": "%1$s"}, "project_id": {"S": "%1$s"}, "domain_id": {"S": "%1$s"}}}\
      """
          .formatted(TENANT);

  private static final String CONFLICT =
      """
      {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", \
      "message": "The conditional request failed", "Item": {"group_id": {"S": "%2$s"}, \
      "purchase_id": {"S": "%2$s"}, "domain_id": {"S": "%1$s"}, "project_id": {"S": "%1$s"}, \
      "instance_id": {"S": "%1$s"}, "created_at": {"S": "1970-01-01T00:00:00.000Z"}, \
      "idempotency_key": {"S": "%3$s"}}}\
      """
          .formatted(TENANT, TAKEN_GROUP, KEY);

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
    HttpExecuteResponse response = response(request);
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

  private static HttpExecuteResponse response(HttpExecuteRequest request) {
    String operation = request.httpRequest().firstMatchingHeader("X-Amz-Target").orElseThrow();
    if (operation.endsWith("GetItem")) {
      return response(200, OWNER);
    }
    SdkBytes body =
        SdkBytes.fromInputStream(request.contentStreamProvider().orElseThrow().newStream());
    return body.asUtf8String().contains(TAKEN_GROUP)
        ? response(400, CONFLICT)
        : response(200, "{}");
  }

  private static HttpExecuteResponse response(int status, String body) {
    return HttpExecuteResponse.builder()
        .response(SdkHttpResponse.builder().statusCode(status).build())
        .responseBody(AbortableInputStream.create(SdkBytes.fromUtf8String(body).asInputStream()))
        .build();
  }
}
