package dev.marketreserve;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.dynamodb.InstanceOwnersTable;
import dev.marketreserve.dynamodb.ReservationsTable;
import dev.marketreserve.dynamodb.RetryBudget;
import dev.marketreserve.http.Answer;
import dev.marketreserve.http.BadRequestException;
import dev.marketreserve.http.RequestId;
import dev.marketreserve.http.RequestLog;
import dev.marketreserve.http.RequestReader;
import dev.marketreserve.http.Responses;
import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.ReservationService;
import dev.marketreserve.reservation.ReserveRequest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.crac.Core;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbEnhancedClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * The Lambda function behind {@code POST
 * /v1/{project_id}/apigw/instances/{instance_id}/market/api-groups/reserve}: reads the request,
 * reserves the API group, answers, and logs one line. Safe for use by many threads.
 *
 * <p>It answers within {@link #TIME_TO_ANSWER}, and {@link #MARGIN} before Lambda would cut the
 * invocation off, whichever is earlier.
 */
public final class ReserveHandler
    implements RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent> {

  /** What is left of the caller's 5 s after a start of the function and the way through the net. */
  static final Duration TIME_TO_ANSWER = Duration.ofSeconds(4);

  /** The time it takes to answer once DynamoDB has been given up. */
  static final Duration MARGIN = Duration.ofMillis(300);

  private final ReservationService reservations;

  /** What the runtime calls before a snapshot; its register holds it weakly. */
  private @Nullable Priming priming;

  /** The function as Lambda starts it. */
  public ReserveHandler() {
    this(System.getenv());
  }

  /**
   * The function in the given environment.
   *
   * @throws IllegalStateException where a variable is missing or blank
   */
  public ReserveHandler(Map<String, String> environment) {
    this(Settings.from(environment), RetryBudget.clientBuilder().build(), environment);
  }

  private ReserveHandler(
      Settings settings, DynamoDbClient client, Map<String, String> environment) {
    this(settings, client);
    if ("snap-start".equals(environment.get("AWS_LAMBDA_INITIALIZATION_TYPE"))) {
      priming = new Priming(settings, client);
      Core.getGlobalContext().register(priming);
    }
  }

  /** The function on the given DynamoDB. */
  public ReserveHandler(Settings settings, DynamoDbClient client) {
    this(service(settings, client, InstantSource.system(), () -> UUID.randomUUID().toString()));
  }

  /** The function around the given service. */
  public ReserveHandler(ReservationService reservations) {
    this.reservations = reservations;
  }

  static ReservationService service(
      Settings settings, DynamoDbClient client, InstantSource clock, Supplier<String> purchaseIds) {
    DynamoDbEnhancedClient dynamoDb =
        DynamoDbEnhancedClient.builder().dynamoDbClient(client).build();
    return new ReservationService(
        new InstanceOwnersTable(dynamoDb, settings.instanceOwnersTable()),
        new ReservationsTable(dynamoDb, settings.reservationsTable()),
        clock,
        purchaseIds);
  }

  /**
   * Answers one request.
   *
   * @param event null where the invocation had the payload {@code null}
   */
  @Override
  public APIGatewayProxyResponseEvent handleRequest(
      @Nullable APIGatewayProxyRequestEvent event, Context context) {
    return respond(
        event == null ? new APIGatewayProxyRequestEvent() : event,
        context.getAwsRequestId(),
        deadline(context),
        context.getLogger());
  }

  APIGatewayProxyResponseEvent respond(
      APIGatewayProxyRequestEvent event, String invocationId, Deadline deadline, LambdaLogger log) {
    long start = System.nanoTime();
    ReserveRequest request = null;
    RuntimeException failure = null;
    Answer answer;
    try {
      request = RequestReader.read(event);
      answer = Answer.of(reservations.reserve(request, deadline), request);
    } catch (BadRequestException e) {
      answer = e.answer();
    } catch (RuntimeException e) {
      failure = e;
      answer = Answer.of(e);
    }
    Duration duration = Duration.ofNanos(System.nanoTime() - start);
    log.log(RequestLog.line(event, invocationId, request, answer, failure, duration));
    return Responses.of(answer, RequestId.of(event, invocationId));
  }

  private static Deadline deadline(Context context) {
    Duration left = Duration.ofMillis(context.getRemainingTimeInMillis()).minus(MARGIN);
    return Deadline.in(left.compareTo(TIME_TO_ANSWER) < 0 ? left : TIME_TO_ANSWER);
  }
}
