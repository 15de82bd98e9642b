package dev.marketreserve;

import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.dynamodb.InstanceOwnersTable;
import dev.marketreserve.dynamodb.RehearsedDynamoDb;
import dev.marketreserve.dynamodb.RetryBudget;
import dev.marketreserve.http.ProxySerializer;
import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.InstanceOwners;
import dev.marketreserve.reservation.ResourceId;
import dev.marketreserve.reservation.StoreUnavailableException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.crac.Context;
import org.crac.Resource;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbEnhancedClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * Runs before a SnapStart snapshot what the first request would run for the first time, so that the
 * snapshot holds its classes loaded and compiled.
 *
 * <p>The path to each outcome is rehearsed on a DynamoDB in memory; the way to the real one is gone
 * with reads. Nothing is written, and neither a purchase id nor a time is taken.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-java.html">Runtime
 *     hooks for SnapStart in Java</a>
 */
final class Priming implements Resource {

  /** Well over the 200 calls after which the JVM's first compiler takes up a method. */
  private static final int ROUNDS = 400;

  /** Fewer, since they take of what the table gives the requests of that second. */
  private static final int READS = 100;

  private static final Duration TIME_TO_REACH_DYNAMODB = Duration.ofSeconds(5);

  /** An event as the gateway sends it; the placeholder is where its idempotency key stands. */
  private static final String EVENT =
      """
      {"resource": "/v1/{project_id}/apigw/instances/{instance_id}/market/api-groups/reserve",
       "path": "/v1/00000000000000000000000000000000/apigw/instances/00000000000000000000000000000000/market/api-groups/reserve",
       "httpMethod": "POST",
       "headers": {"Content-Type": "application/json", "X-Domain-Id": "00000000000000000000000000000000"%1$s},
       "multiValueHeaders": {"Content-Type": ["application/json"], "X-Domain-Id": ["00000000000000000000000000000000"]},
       "queryStringParameters": null,
       "pathParameters": {"project_id": "00000000000000000000000000000000",
                          "instance_id": "00000000000000000000000000000000"},
       "requestContext": {"requestId": "priming", "requestTimeEpoch": 0, "identity": {"userArn": "priming"}},
       "body": "{\\"group_id\\": \\"00000000-0000-0000-0000-000000000000\\"}",
       "isBase64Encoded": false}
      """;

  private static final String KEY = ", \"Idempotency-Key\": \"" + RehearsedDynamoDb.ID + "\"";

  private final Settings settings;
  private final InstanceOwners owners;

  Priming(Settings settings, DynamoDbClient client) {
    this.settings = settings;
    this.owners =
        new InstanceOwnersTable(
            DynamoDbEnhancedClient.builder().dynamoDbClient(client).build(),
            settings.instanceOwnersTable());
  }

  @Override
  public void beforeCheckpoint(Context<? extends Resource> context) {
    rehearse();
    reachDynamoDb();
  }

  @Override
  public void afterRestore(Context<? extends Resource> context) {}

  private void rehearse() {
    try (DynamoDbClient client =
        RetryBudget.clientBuilder()
            .httpClientBuilder(defaults -> new RehearsedDynamoDb())
            .build()) {
      ReserveHandler function =
          new ReserveHandler(
              ReserveHandler.service(
                  settings,
                  client,
                  InstantSource.fixed(Instant.EPOCH),
                  () -> RehearsedDynamoDb.ID));
      for (int round = 0; round < ROUNDS; round++) {
        call(function, EVENT.formatted(KEY)); // 201
        call(function, EVENT.formatted(KEY)); // 201, replayed
        call(function, EVENT.formatted("")); // 201
        call(function, EVENT.formatted("")); // 409
      }
    }
  }

  private static void call(ReserveHandler function, String json) {
    ProxySerializer serializer = new ProxySerializer();
    APIGatewayProxyRequestEvent event =
        serializer.fromJson(
            new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)),
            APIGatewayProxyRequestEvent.class);
    APIGatewayProxyResponseEvent response =
        function.respond(event, "priming", Deadline.in(TIME_TO_REACH_DYNAMODB), new NoLog());
    serializer.toJson(response, new ByteArrayOutputStream(), APIGatewayProxyResponseEvent.class);
  }

  /** Loads credentials, opens a connection and reads; without DynamoDB the first request will. */
  private void reachDynamoDb() {
    ResourceId nobody = ResourceId.parse(RehearsedDynamoDb.ID).orElseThrow();
    Deadline deadline = Deadline.in(TIME_TO_REACH_DYNAMODB);
    try {
      for (int read = 0; read < READS; read++) {
        owners.isOwner(nobody, nobody, nobody, deadline);
      }
    } catch (StoreUnavailableException e) {
      System.err.println("Primed without DynamoDB: " + e.getCause());
    }
  }

  /** What is rehearsed leaves no line. */
  private static final class NoLog implements LambdaLogger {
    @Override
    public void log(String message) {}

    @Override
    public void log(byte[] message) {}
  }
}
