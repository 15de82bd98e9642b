package dev.marketreserve;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.dynamodb.DeadlineClient;
import dev.marketreserve.dynamodb.InstanceOwnersTable;
import dev.marketreserve.dynamodb.ReservationsTable;
import dev.marketreserve.http.ReserveEndpoint;
import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.ReservationService;
import dev.marketreserve.snapstart.CannedDynamoDb;
import dev.marketreserve.snapstart.Priming;
import java.time.Duration;
import java.time.InstantSource;
import java.util.UUID;
import org.crac.Core;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbEnhancedClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * The Lambda function behind {@code POST
 * /v1/{project_id}/apigw/instances/{instance_id}/market/api-groups/reserve}: wires the parts
 * together and sets the deadline of each request. Safe for use by many threads.
 *
 * <p>It answers within {@link #TIME_TO_ANSWER}, or {@link #MARGIN} before Lambda would cut the
 * invocation off, whichever is earlier.
 */
public final class ReserveHandler
    implements RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent> {

  /** The caller waits 5 s. The other second is for the start of the function and the network. */
  static final Duration TIME_TO_ANSWER = Duration.ofSeconds(4);

  /** The time to answer once DynamoDB has been given up. */
  static final Duration MARGIN = Duration.ofMillis(300);

  private final ReserveEndpoint endpoint;

  /** Kept here because the register of snapshot hooks holds it weakly. */
  private @Nullable Priming priming;

  /**
   * The function as Lambda starts it.
   *
   * @throws IllegalStateException where a variable of {@link Settings} is missing or blank
   */
  public ReserveHandler() {
    Settings settings = Settings.from(System.getenv());
    DynamoDbClient client = DeadlineClient.builder().build();
    this(settings, client);
    if ("snap-start".equals(System.getenv("AWS_LAMBDA_INITIALIZATION_TYPE"))) {
      priming =
          new Priming(
              owners(settings, DeadlineClient.enhanced(client)),
              DeadlineClient.builder(new CannedDynamoDb()));
      Core.getGlobalContext().register(priming);
    }
  }

  /** The function on the given DynamoDB. */
  public ReserveHandler(Settings settings, DynamoDbClient client) {
    DynamoDbEnhancedClient dynamoDb = DeadlineClient.enhanced(client);
    this(
        new ReserveEndpoint(
            new ReservationService(
                owners(settings, dynamoDb),
                new ReservationsTable(dynamoDb, settings.reservationsTable()),
                InstantSource.system(),
                () -> UUID.randomUUID().toString())));
  }

  /** The function around the given endpoint. */
  public ReserveHandler(ReserveEndpoint endpoint) {
    this.endpoint = endpoint;
  }

  private static InstanceOwnersTable owners(Settings settings, DynamoDbEnhancedClient dynamoDb) {
    return new InstanceOwnersTable(dynamoDb, settings.instanceOwnersTable());
  }

  /** Answers one request. */
  @Override
  public APIGatewayProxyResponseEvent handleRequest(
      APIGatewayProxyRequestEvent event, Context context) {
    return endpoint.respond(
        event, context.getAwsRequestId(), deadline(context), context.getLogger());
  }

  private static Deadline deadline(Context context) {
    Duration left = Duration.ofMillis(context.getRemainingTimeInMillis()).minus(MARGIN);
    return Deadline.in(left.compareTo(TIME_TO_ANSWER) < 0 ? left : TIME_TO_ANSWER);
  }
}
