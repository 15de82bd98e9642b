package dev.marketreserve.chaos;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.ReserveHandler;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.http.ReserveEndpoint;
import dev.marketreserve.local.LocalContext;
import dev.marketreserve.reservation.InstanceOwners;
import dev.marketreserve.reservation.ReservationService;
import dev.marketreserve.reservation.Reservations;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The marketplace, which calls the function for one tenant. */
public record Caller(
    RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent> function,
    TenantIds tenant) {

  private static final Duration LAMBDA_TIMEOUT = Duration.ofSeconds(10);

  /** The function with the given stores. */
  static ReserveHandler function(InstanceOwners owners, Reservations reservations) {
    return new ReserveHandler(
        new ReserveEndpoint(
            new ReservationService(
                owners, reservations, InstantSource.system(), () -> UUID.randomUUID().toString())));
  }

  ReceivedResponse reserve(String groupId, @Nullable String idempotencyKey) {
    return send("{\"group_id\":\"" + groupId + "\"}", idempotencyKey);
  }

  /** Reserves a group in an invocation that Lambda ends after {@code timeLeft}. */
  ReceivedResponse reserveWithin(Duration timeLeft, String groupId) {
    return send("{\"group_id\":\"" + groupId + "\"}", null, timeLeft);
  }

  /** Sends the field {@code group_id} twice. */
  ReceivedResponse sendMalformed(String groupId) {
    String field = "\"group_id\":\"" + groupId + "\"";
    return send("{" + field + "," + field + "}", null);
  }

  public ReceivedResponse send(String body, @Nullable String idempotencyKey) {
    return send(body, idempotencyKey, LAMBDA_TIMEOUT);
  }

  private ReceivedResponse send(String body, @Nullable String idempotencyKey, Duration timeLeft) {
    Map<String, String> headers = new HashMap<>();
    headers.put("X-Domain-Id", tenant.domainId());
    if (idempotencyKey != null) {
      headers.put("Idempotency-Key", idempotencyKey);
    }
    APIGatewayProxyRequestEvent event =
        new APIGatewayProxyRequestEvent()
            .withHeaders(headers)
            .withPathParameters(
                Map.of("project_id", tenant.projectId(), "instance_id", tenant.instanceId()))
            .withBody(body);
    long start = System.nanoTime();
    APIGatewayProxyResponseEvent response =
        function.handleRequest(
            event, new LocalContext(UUID.randomUUID().toString(), timeLeft, line -> {}));
    return ReceivedResponse.of(response, Duration.ofNanos(System.nanoTime() - start));
  }
}
