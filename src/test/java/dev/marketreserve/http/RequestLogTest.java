package dev.marketreserve.http;

import static dev.marketreserve.Events.event;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent.ProxyRequestContext;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent.RequestIdentity;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.http.Response.Created;
import dev.marketreserve.http.Response.Refused;
import dev.marketreserve.reservation.Requests;
import dev.marketreserve.reservation.ReserveRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RequestLogTest {

  private static final Response REFUSED = Refused.naming("body", ErrorCode.MISSING_PARAMETER);

  private String log = "";

  @Test
  void aReservationIsLoggedWithItsIds() throws JsonProcessingException {
    ReserveRequest request = Requests.request("group", "key");
    assertLine(
        """
        {"level": "INFO", "request_id": "gateway-request", "aws_request_id": "lambda-request",
         "status": 201, "domain_id": "domain", "project_id": "project", "instance_id": "instance",
         "group_id": "group", "purchase_id": "purchase", "replayed": true, "duration_ms": 1234}
        """,
        line(event("group"), request, new Created("Group", "purchase", true), null));
  }

  @Test
  void aRefusalIsLoggedWithItsErrorCode() throws JsonProcessingException {
    assertLine(
        """
        {"level": "INFO", "request_id": "gateway-request", "aws_request_id": "lambda-request",
         "status": 400, "error_code": "APIG.2001",
         "error_msg": "Missing parameter,parameterName:body.", "domain_id": "domain",
         "project_id": "project", "instance_id": "instance", "duration_ms": 1234}
        """,
        line(event("group"), null, REFUSED, null));
  }

  @Test
  void theHoldersConflictIsLoggedWithItsPurchaseIdAndNotAsAReplay() throws JsonProcessingException {
    ReserveRequest request = Requests.request("group", null);
    assertLine(
        """
        {"level": "INFO", "request_id": "gateway-request", "aws_request_id": "lambda-request",
         "status": 409, "error_code": "APIG.3402",
         "error_msg": "The API group has been purchased already.", "purchase_id": "purchase",
         "domain_id": "domain", "project_id": "project", "instance_id": "instance",
         "group_id": "group", "duration_ms": 1234}
        """,
        line(event("group"), request, Refused.toHolder("purchase"), null));
  }

  @Test
  void aFailureIsLoggedWithItsCauseAndStackTrace() throws JsonProcessingException {
    Exception failure = new IllegalStateException("outer", new IllegalStateException("inner"));
    JsonNode line = line(event("group"), null, Refused.with(ErrorCode.SYSTEM_ERROR), failure);
    assertEquals("ERROR", line.get("level").textValue());
    String cause = line.get("cause").textValue();
    assertTrue(cause.startsWith("java.lang.IllegalStateException: outer"), cause);
    assertTrue(cause.contains("Caused by: java.lang.IllegalStateException: inner"), cause);
    assertTrue(cause.contains("at dev.marketreserve.http.RequestLogTest"), cause);
  }

  @Test
  void aCallersTextCannotBreakOrDisguiseTheLine() throws JsonProcessingException {
    String text = "a\r\n{\"status\":201}\u2028\u0085\u007f\u202e\"}";
    APIGatewayProxyRequestEvent event =
        event("group")
            .withHeaders(Map.of("X-Domain-Id", text))
            .withPathParameters(Map.of("project_id", text, "instance_id", text));
    JsonNode line = line(event, null, REFUSED, null);
    assertEquals(text, line.get("domain_id").textValue());
    assertEquals(text, line.get("project_id").textValue());
    assertTrue(log.chars().allMatch(c -> c == '\n' || (c >= ' ' && c <= '~')));
    assertEquals(log.length() - 1, log.indexOf('\n'));
  }

  @Test
  void aLongIdAndALongCallerAreCut() throws JsonProcessingException {
    String text = "d".repeat(10_000);
    APIGatewayProxyRequestEvent event = event("group").withHeaders(Map.of("X-Domain-Id", text));
    event.getRequestContext().withIdentity(new RequestIdentity().withUserArn(text));
    JsonNode line = line(event, null, REFUSED, null);
    assertEquals("d".repeat(64), line.get("domain_id").textValue());
    assertEquals("d".repeat(2048), line.get("caller").textValue());
  }

  @Test
  void aRequestIdThatIsAbsentOrUnfitForAHeaderIsReplacedByLambdas() throws JsonProcessingException {
    String longest = "!~".repeat(64);
    assertEquals(longest, requestId(longest));
    for (String unfit : List.of("", "a b", "a\nb", "a\u0000", "\u007f", "\u00e4", longest + "!")) {
      assertEquals("lambda-request", requestId(unfit));
    }
    assertEquals("lambda-request", requestId((String) null));
    assertEquals("lambda-request", requestId((ProxyRequestContext) null));
  }

  private String requestId(@Nullable String fromGateway) throws JsonProcessingException {
    return requestId(new ProxyRequestContext().withRequestId(fromGateway));
  }

  private String requestId(@Nullable ProxyRequestContext context) throws JsonProcessingException {
    APIGatewayProxyRequestEvent event = event("group").withRequestContext(context);
    return line(event, null, REFUSED, null).get("request_id").textValue();
  }

  private static void assertLine(String expected, JsonNode line) throws JsonProcessingException {
    Instant timestamp = Instant.parse(((ObjectNode) line).remove("timestamp").textValue());
    assertFalse(timestamp.isAfter(Instant.now()));
    assertEquals(new JsonMapper().readTree(expected), line);
  }

  private JsonNode line(
      APIGatewayProxyRequestEvent event,
      @Nullable ReserveRequest request,
      Response answer,
      @Nullable Throwable failure)
      throws JsonProcessingException {
    log =
        new String(
            RequestLog.line(
                GatewayRequest.of(event, "lambda-request"),
                "lambda-request",
                request,
                answer,
                failure,
                Duration.ofMillis(1234)),
            StandardCharsets.UTF_8);
    return new JsonMapper().readTree(log);
  }
}
