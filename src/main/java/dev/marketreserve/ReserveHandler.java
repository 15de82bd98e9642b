package dev.marketreserve;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.dynamodb.DynamoDb;
import dev.marketreserve.dynamodb.InstanceOwnersTable;
import dev.marketreserve.dynamodb.ReservationsTable;
import dev.marketreserve.http.ReserveEndpoint;
import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.ReservationService;
import dev.marketreserve.snapstart.Priming;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;
import java.util.function.Supplier;
import org.crac.Core;
import org.jspecify.annotations.Nullable;

/**
 * The Lambda function behind {@code POST
 * /v1/{project_id}/apigw/instances/{instance_id}/market/api-groups/reserve}: wires the parts
 * together and sets the deadline of each request. Safe for use by many threads.
 *
 * <p>It responds within {@link #TIME_TO_RESPOND}, or {@link #MARGIN} before Lambda would end the
 * invocation, whichever is earlier.
 */
public final class ReserveHandler
    implements RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent> {

  /** The gateway waits 5 s. The remaining second is for the function's start and the network. */
  static final Duration TIME_TO_RESPOND = Duration.ofSeconds(4);

  /** Time kept for responding after giving up on DynamoDB. */
  static final Duration MARGIN = Duration.ofMillis(300);

  private volatile ReserveEndpoint endpoint;

  /** A field, because the global context keeps only a weak reference to the hook. */
  private @Nullable Priming priming;

  /**
   * The function as Lambda starts it.
   *
   * @throws IllegalStateException if a variable of {@link Settings} is missing or blank
   */
  public ReserveHandler() {
    this(
        Settings.from(System.getenv()),
        DynamoDb.open(),
        "snap-start".equals(System.getenv("AWS_LAMBDA_INITIALIZATION_TYPE")));
  }

  private ReserveHandler(Settings settings, DynamoDb dynamoDb, boolean snapStart) {
    this(settings, dynamoDb);
    Priming.Wiring wiring =
        (canned, clock, purchaseIds) -> endpoint(settings, canned, clock, purchaseIds);
    if (snapStart) {
      priming =
          new Priming(
              dynamoDb,
              owners(settings, dynamoDb),
              reservations(settings, dynamoDb),
              wiring,
              () -> endpoint = endpoint(settings, DynamoDb.open()),
              Priming.PATIENCE);
      Core.getGlobalContext().register(priming);
    } else {
      Priming.loadClasses(wiring);
    }
  }

  /** The function on the given DynamoDB. */
  public ReserveHandler(Settings settings, DynamoDb dynamoDb) {
    this(endpoint(settings, dynamoDb));
  }

  /** The function around the given endpoint. */
  public ReserveHandler(ReserveEndpoint endpoint) {
    this.endpoint = endpoint;
  }

  private static ReserveEndpoint endpoint(Settings settings, DynamoDb dynamoDb) {
    return endpoint(settings, dynamoDb, InstantSource.system(), () -> UUID.randomUUID().toString());
  }

  private static ReserveEndpoint endpoint(
      Settings settings, DynamoDb dynamoDb, InstantSource clock, Supplier<String> purchaseIds) {
    return new ReserveEndpoint(
        new ReservationService(
            owners(settings, dynamoDb), reservations(settings, dynamoDb), clock, purchaseIds));
  }

  private static InstanceOwnersTable owners(Settings settings, DynamoDb dynamoDb) {
    return new InstanceOwnersTable(dynamoDb, settings.instanceOwnersTable());
  }

  private static ReservationsTable reservations(Settings settings, DynamoDb dynamoDb) {
    return new ReservationsTable(dynamoDb, settings.reservationsTable());
  }

  @Override
  public APIGatewayProxyResponseEvent handleRequest(
      APIGatewayProxyRequestEvent event, Context context) {
    return endpoint.respond(
        event, context.getAwsRequestId(), deadline(context), context.getLogger()::log);
  }

  private static Deadline deadline(Context context) {
    Duration left = Duration.ofMillis(context.getRemainingTimeInMillis()).minus(MARGIN);
    return Deadline.in(left.compareTo(TIME_TO_RESPOND) < 0 ? left : TIME_TO_RESPOND);
  }
}
