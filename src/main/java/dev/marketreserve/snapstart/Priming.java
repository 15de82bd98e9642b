package dev.marketreserve.snapstart;

import static dev.marketreserve.snapstart.CannedDynamoDb.FREE_GROUP;
import static dev.marketreserve.snapstart.CannedDynamoDb.KEY;
import static dev.marketreserve.snapstart.CannedDynamoDb.TAKEN_GROUP;
import static dev.marketreserve.snapstart.CannedDynamoDb.TENANT;

import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.dynamodb.DeadlineClient;
import dev.marketreserve.dynamodb.InstanceOwnersTable;
import dev.marketreserve.dynamodb.ReservationsTable;
import dev.marketreserve.http.ProxySerializer;
import dev.marketreserve.http.ReserveEndpoint;
import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.InstanceOwners;
import dev.marketreserve.reservation.ReservationService;
import dev.marketreserve.reservation.ResourceId;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import org.crac.Context;
import org.crac.Resource;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbEnhancedClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClientBuilder;

/**
 * The hook before a SnapStart snapshot: it runs the code of a request in advance, so that the
 * snapshot has its classes loaded and compiled.
 *
 * <p>Requests are rehearsed on {@link CannedDynamoDb}. The connection to the real DynamoDB is
 * rehearsed by reads. Nothing is written, and no purchase id and no time is taken.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-java.html">Runtime
 *     hooks for SnapStart in Java</a>
 */
public final class Priming implements Resource {

  /** Well over the 200 calls after which the JVM's first compiler compiles a method. */
  private static final int ROUNDS = 400;

  /** Fewer, because each read uses up capacity of the table. */
  private static final int READS = 100;

  private static final Duration TIME_TO_REACH_DYNAMODB = Duration.ofSeconds(5);

  private static final String KEY_HEADER = ", \"Idempotency-Key\": \"" + KEY + "\"";

  private static final List<Rehearsal> REHEARSALS =
      List.of(
          new Rehearsal(FREE_GROUP, KEY_HEADER, 201),
          new Rehearsal(TAKEN_GROUP, KEY_HEADER, 201),
          new Rehearsal(FREE_GROUP, "", 201),
          new Rehearsal(TAKEN_GROUP, "", 409));

  private final InstanceOwners owners;
  private final DynamoDbClientBuilder rehearsal;

  /**
   * The hook of a function.
   *
   * @param owners the function's own register, in the real DynamoDB
   * @param rehearsal builds a client like the function's, on {@link CannedDynamoDb}
   */
  public Priming(InstanceOwners owners, DynamoDbClientBuilder rehearsal) {
    this.owners = owners;
    this.rehearsal = rehearsal;
  }

  @Override
  public void beforeCheckpoint(Context<? extends Resource> context) {
    rehearse();
    reachDynamoDb();
  }

  @Override
  public void afterRestore(Context<? extends Resource> context) {}

  private void rehearse() {
    int unexpected = 0;
    try (DynamoDbClient client = rehearsal.build()) {
      ReserveEndpoint endpoint = endpoint(client);
      for (int round = 0; round < ROUNDS; round++) {
        for (Rehearsal rehearsal : REHEARSALS) {
          if (!rehearsal.succeedsAt(endpoint)) {
            unexpected++;
          }
        }
      }
    }
    if (unexpected > 0) {
      System.err.printf(
          "Not primed: %d of %d rehearsals got another status than expected%n",
          unexpected, ROUNDS * REHEARSALS.size());
    }
  }

  private static ReserveEndpoint endpoint(DynamoDbClient client) {
    DynamoDbEnhancedClient enhanced = DeadlineClient.enhanced(client);
    return new ReserveEndpoint(
        new ReservationService(
            new InstanceOwnersTable(enhanced, "rehearsal"),
            new ReservationsTable(enhanced, "rehearsal"),
            InstantSource.fixed(Instant.EPOCH),
            () -> FREE_GROUP));
  }

  /** Loads credentials, opens a connection and reads. Without DynamoDB the first request will. */
  private void reachDynamoDb() {
    ResourceId nobody = ResourceId.parse(TENANT).orElseThrow();
    Deadline deadline = Deadline.in(TIME_TO_REACH_DYNAMODB);
    try {
      for (int read = 0; read < READS; read++) {
        owners.isOwner(nobody, nobody, nobody, deadline);
      }
    } catch (UnknownOutcomeException e) {
      System.err.println("Primed without DynamoDB: " + Objects.requireNonNullElse(e.getCause(), e));
    }
  }

  /**
   * A request that is sent again and again.
   *
   * @param header a further header of the event, as JSON
   * @param status the status of the response that it should get
   */
  private record Rehearsal(String group, String header, int status) {

    boolean succeedsAt(ReserveEndpoint endpoint) {
      ProxySerializer serializer = new ProxySerializer();
      byte[] json = event().getBytes(StandardCharsets.UTF_8);
      APIGatewayProxyRequestEvent event =
          serializer.fromJson(new ByteArrayInputStream(json), APIGatewayProxyRequestEvent.class);
      APIGatewayProxyResponseEvent response =
          endpoint.respond(event, "priming", Deadline.in(TIME_TO_REACH_DYNAMODB), new NoLog());
      serializer.toJson(response, new ByteArrayOutputStream(), APIGatewayProxyResponseEvent.class);
      return response.getStatusCode() == status;
    }

    /** The event as the gateway sends it. */
    private String event() {
      return """
          {"resource": "/v1/{project_id}/apigw/instances/{instance_id}/market/api-groups/reserve",
           "path": "/v1/%1$s/apigw/instances/%1$s/market/api-groups/reserve",
           "httpMethod": "POST",
           "headers": {"Content-Type": "application/json", "X-Domain-Id": "%1$s"%3$s},
           "multiValueHeaders": {"Content-Type": ["application/json"], "X-Domain-Id": ["%1$s"]},
           "queryStringParameters": null,
           "pathParameters": {"project_id": "%1$s", "instance_id": "%1$s"},
           "requestContext": {"requestId": "priming", "requestTimeEpoch": 0, "identity": {"userArn": "priming"}},
           "body": "{\\"group_id\\": \\"%2$s\\"}",
           "isBase64Encoded": false}
          """
          .formatted(TENANT, group, header);
    }
  }

  /** A log that drops every line. */
  private static final class NoLog implements LambdaLogger {
    @Override
    public void log(String message) {}

    @Override
    public void log(byte[] message) {}
  }
}
