package dev.marketreserve.snapstart;

import static dev.marketreserve.snapstart.CannedDynamoDb.FREE_GROUP;
import static dev.marketreserve.snapstart.CannedDynamoDb.KEY;
import static dev.marketreserve.snapstart.CannedDynamoDb.TAKEN_GROUP;
import static dev.marketreserve.snapstart.CannedDynamoDb.TENANT;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.dynamodb.DynamoDb;
import dev.marketreserve.dynamodb.InstanceOwnersTable;
import dev.marketreserve.dynamodb.ReservationsTable;
import dev.marketreserve.http.ProxySerializer;
import dev.marketreserve.http.ReserveEndpoint;
import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.ResourceId;
import dev.marketreserve.reservation.Tenant;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.crac.Context;
import org.crac.Resource;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/**
 * The hook before a SnapStart snapshot. It runs requests, so that their code is loaded and compiled
 * in the snapshot. It fails a version that cannot serve. At the end it replaces the DynamoDB client
 * with an unused one, so that environments restored from one snapshot share no connection, TLS
 * session, credentials, DNS result or random seed.
 *
 * <p>The requests use {@link CannedDynamoDb}, a fixed clock and a fixed purchase id. The real
 * DynamoDB gets reads, and one write whose condition no item can meet.
 *
 * <p>A fault that would fail every request fails the snapshot: an unexpected status, a missing or
 * wrong table, a missing permission. Lambda then does not publish the version. A temporary fault
 * does not fail the snapshot: Lambda also renews snapshots on its own, and an outage of DynamoDB
 * must not take down a live version.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-java.html">Runtime
 *     hooks for SnapStart in Java</a>
 */
public final class Priming implements Resource {

  /** More than the 200 calls after which the JVM's first compiler compiles a method. */
  private static final int ROUNDS = 250;

  /** Fewer than {@link #ROUNDS}, because each read uses the table's capacity. */
  private static final int READS = 100;

  private static final Duration TIME_FOR_READS = Duration.ofSeconds(5);

  /** Long, because loading classes can be slow, and a slow start is not a bug. */
  private static final Duration TIME_FOR_A_SAMPLE = Duration.ofSeconds(30);

  /**
   * How long to wait for a missing table or permission: a new one may not take effect at once.
   * Lambda allows 130 s before a snapshot.
   *
   * @see <a href="https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html">the
   *     initialization phase</a>
   */
  public static final Duration PATIENCE = Duration.ofMinutes(1);

  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** The errors of an operation that fails until somebody fixes the cause. */
  private static final Set<String> REFUSALS =
      Set.of("AccessDeniedException", "ResourceNotFoundException", "ValidationException");

  private static final String KEY_HEADER = ", \"Idempotency-Key\": \"" + KEY + "\"";

  private static final List<SampleRequest> SAMPLES =
      List.of(
          new SampleRequest(FREE_GROUP, KEY_HEADER, 201),
          new SampleRequest(TAKEN_GROUP, KEY_HEADER, 201),
          new SampleRequest(FREE_GROUP, "", 201),
          new SampleRequest(TAKEN_GROUP, "", 409));

  private static final Tenant NOBODY = new Tenant(id(TENANT), id(TENANT), id(TENANT));

  private final DynamoDb dynamoDb;
  private final InstanceOwnersTable owners;
  private final ReservationsTable reservations;
  private final Wiring wiring;
  private final Runnable reopen;
  private final Duration patience;

  /**
   * A function's hook.
   *
   * @param dynamoDb the real DynamoDB, closed before the snapshot
   * @param owners the function's table in the real DynamoDB
   * @param reservations the function's table in the real DynamoDB
   * @param wiring builds the function's endpoint
   * @param reopen gives the function a new DynamoDB, for the snapshot
   * @param patience how long to wait for a missing table or permission: {@link #PATIENCE}
   */
  public Priming(
      DynamoDb dynamoDb,
      InstanceOwnersTable owners,
      ReservationsTable reservations,
      Wiring wiring,
      Runnable reopen,
      Duration patience) {
    this.dynamoDb = dynamoDb;
    this.owners = owners;
    this.reservations = reservations;
    this.wiring = wiring;
    this.reopen = reopen;
    this.patience = patience;
  }

  /** Builds the function's endpoint. */
  @FunctionalInterface
  public interface Wiring {

    /** The endpoint on the given DynamoDB. */
    ReserveEndpoint endpoint(DynamoDb dynamoDb, InstantSource clock, Supplier<String> purchaseIds);
  }

  /**
   * Runs before the snapshot.
   *
   * @throws IllegalStateException if a function from this snapshot could serve no request; the
   *     message says why, and what to do
   */
  @Override
  public void beforeCheckpoint(Context<? extends Resource> context) {
    int unexpected = runSamples(wiring, ROUNDS);
    if (unexpected > 0) {
      throw new IllegalStateException(
          "Priming failed: %s of %s requests returned an unexpected status. This version has a bug."
              .formatted(unexpected, ROUNDS * SAMPLES.size()));
    }
    Deadline end = Deadline.in(patience);
    check("read the instance owners table", end, this::warmConnection);
    check("write to the reservations table", end, d -> reservations.checkWrite(id(FREE_GROUP), d));
    dynamoDb.close();
    DynamoDb.closeSharedResources();
    reopen.run();
  }

  /** Does nothing, because the first request opens everything that it needs. */
  @Override
  public void afterRestore(Context<? extends Resource> context) {}

  /**
   * Loads the classes that a request needs, for a function that starts without a snapshot. This
   * leaves its first request more time for DynamoDB.
   */
  public static void loadClasses(Wiring wiring) {
    var _ = runSamples(wiring, 1);
  }

  /** The number of responses with an unexpected status. */
  private static int runSamples(Wiring wiring, int rounds) {
    int unexpected = 0;
    try (DynamoDb canned = CannedDynamoDb.open()) {
      ReserveEndpoint endpoint =
          wiring.endpoint(canned, InstantSource.fixed(Instant.EPOCH), () -> FREE_GROUP);
      for (int round = 0; round < rounds; round++) {
        for (SampleRequest sample : SAMPLES) {
          if (!sample.succeedsAt(endpoint)) {
            unexpected++;
          }
        }
      }
    }
    return unexpected;
  }

  /** Reads until the connection's code is compiled. */
  private void warmConnection(Deadline deadline) {
    for (int read = 0; read < READS; read++) {
      owners.isOwner(NOBODY, deadline);
    }
  }

  private static void check(String purpose, Deadline end, Consumer<Deadline> call) {
    while (true) {
      try {
        call.accept(Deadline.in(TIME_FOR_READS));
        return;
      } catch (UnknownOutcomeException e) {
        String error = errorCode(e);
        if (!REFUSALS.contains(error)) {
          System.err.println("Primed without DynamoDB: could not " + purpose + ": " + reason(e));
          return;
        }
        if (error.equals("ValidationException") || !end.remaining().isPositive()) {
          throw new IllegalStateException(
              "Priming failed: could not %s. Check the table, its key, and the role's policy. %s"
                  .formatted(purpose, reason(e)),
              e);
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  private static String errorCode(UnknownOutcomeException failure) {
    return failure.getCause() instanceof AwsServiceException e && e.awsErrorDetails() != null
        ? String.valueOf(e.awsErrorDetails().errorCode())
        : "";
  }

  private static Throwable reason(UnknownOutcomeException failure) {
    return Objects.requireNonNullElse(failure.getCause(), failure);
  }

  private static ResourceId id(String text) {
    return ResourceId.parse(text).orElseThrow();
  }

  /**
   * A request that priming makes repeatedly.
   *
   * @param header one more header of the event as JSON, after a comma; may be empty
   * @param status the expected status of the response
   */
  private record SampleRequest(String group, String header, int status) {

    boolean succeedsAt(ReserveEndpoint endpoint) {
      ProxySerializer serializer = new ProxySerializer();
      byte[] json = event().getBytes(StandardCharsets.UTF_8);
      APIGatewayProxyRequestEvent event =
          serializer.fromJson(new ByteArrayInputStream(json), APIGatewayProxyRequestEvent.class);
      APIGatewayProxyResponseEvent response =
          endpoint.respond(event, "priming", Deadline.in(TIME_FOR_A_SAMPLE), line -> {});
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
}
