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
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestLogTest {

  private static final Response CREATED = new Created("Group", "purchase", true);
  private static final Response REFUSED = Refused.naming("body", ErrorCode.MISSING_PARAMETER);

  private String log = "";

  @Test
  void aReservationIsLoggedWithItsIds() throws JsonProcessingException {
    JsonNode line = line(event("group"), Requests.request("group", "key"), CREATED, null);
    Instant timestamp = Instant.parse(((ObjectNode) line).remove("timestamp").textValue());
    assertFalse(timestamp.isAfter(Instant.now()));
    assertEquals(
        new JsonMapper()
            .readTree(
                """
                {"level": "INFO", "request_id": "gateway-request",
                 "aws_request_id": "lambda-request", "status": 201, "domain_id": "domain",
                 "project_id": "project", "instance_id": "instance", "group_id": "group",
                 "purchase_id": "purchase", "replayed": true, "duration_ms": 1234}
                """),
        line);
  }

  @Test
  void aRefusalIsLoggedWithItsErrorCode() throws JsonProcessingException {
    JsonNode line = line(event("group"), null, REFUSED, null);
    assertEquals("INFO", line.get("level").textValue());
    assertEquals(400, line.get("status").intValue());
    assertEquals("APIG.2001", line.get("error_code").textValue());
    assertEquals("Missing parameter,parameterName:body.", line.get("error_msg").textValue());
    assertEquals("project", line.get("project_id").textValue());
    assertFalse(line.has("group_id"));
    assertFalse(line.has("purchase_id"));
    assertFalse(line.has("replayed"));
  }

  @Test
  void theHoldersConflictIsLoggedWithItsPurchaseIdAndNotAsAReplay() throws JsonProcessingException {
    JsonNode line =
        line(event("group"), Requests.request("group", null), Refused.toHolder("purchase"), null);
    assertEquals("INFO", line.get("level").textValue());
    assertEquals("APIG.3402", line.get("error_code").textValue());
    assertEquals("purchase", line.get("purchase_id").textValue());
    assertFalse(line.has("replayed"));
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
  void theCallerIsThePrincipalThatSignedTheRequest() throws JsonProcessingException {
    APIGatewayProxyRequestEvent event = event("group");
    String arn = "arn:aws:sts::111122223333:assumed-role/" + "r".repeat(64) + "/" + "s".repeat(64);
    event.getRequestContext().withIdentity(new RequestIdentity().withUserArn(arn));
    assertEquals(arn, line(event, null, REFUSED, null).get("caller").textValue());
  }

  @Test
  void theRequestIdIsLambdasIfThereIsNoGateway() throws JsonProcessingException {
    APIGatewayProxyRequestEvent event = new APIGatewayProxyRequestEvent();
    assertEquals("lambda-request", line(event, null, REFUSED, null).get("request_id").textValue());
    event.setRequestContext(new ProxyRequestContext());
    assertEquals("lambda-request", line(event, null, REFUSED, null).get("request_id").textValue());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a\n{\"status\":201}",
        "a\r\nb",
        "a\u2028b",
        "a\u0085b",
        "a\u007fb",
        "\"}",
        "\u202e"
      })
  void aCallersTextCannotBreakOrDisguiseTheLine(String text) throws JsonProcessingException {
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
  void aLongIdIsCutInTheLog() throws JsonProcessingException {
    APIGatewayProxyRequestEvent event =
        event("group").withHeaders(Map.of("X-Domain-Id", "d".repeat(10_000)));
    assertEquals("d".repeat(64), line(event, null, REFUSED, null).get("domain_id").textValue());
  }

  @Test
  void aLongCallerArnIsCutInTheLog() throws JsonProcessingException {
    APIGatewayProxyRequestEvent event = event("group");
    event.getRequestContext().withIdentity(new RequestIdentity().withUserArn("a".repeat(10_000)));
    assertEquals("a".repeat(2048), line(event, null, REFUSED, null).get("caller").textValue());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "a\nb", "a\u0000", "\u007f", "\u00e4"})
  void aRequestIdThatFitsInNoHeaderIsReplacedByLambdas(String requestId)
      throws JsonProcessingException {
    APIGatewayProxyRequestEvent event = event("group");
    event.getRequestContext().setRequestId(requestId);
    assertEquals("lambda-request", line(event, null, REFUSED, null).get("request_id").textValue());
  }

  @Test
  void aRequestIdHasAtMost128Characters() throws JsonProcessingException {
    APIGatewayProxyRequestEvent event = event("group");
    String longest = "!~".repeat(64);
    event.getRequestContext().setRequestId(longest);
    assertEquals(longest, line(event, null, REFUSED, null).get("request_id").textValue());
    event.getRequestContext().setRequestId(longest + "!");
    assertEquals("lambda-request", line(event, null, REFUSED, null).get("request_id").textValue());
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
