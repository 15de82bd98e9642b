package dev.marketreserve.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.http.Response.Created;
import dev.marketreserve.http.Response.Refused;
import dev.marketreserve.reservation.Outcome;
import dev.marketreserve.reservation.Requests;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ResponseWriterTest {

  @Test
  void aReservationIs201WithGroupAndPurchase() {
    APIGatewayProxyResponseEvent response =
        ResponseWriter.write(new Created("Group", "purchase", false), "request");
    assertEquals(201, response.getStatusCode());
    assertEquals("{\"group_id\":\"Group\",\"purchase_id\":\"purchase\"}", response.getBody());
    assertEquals(
        Map.of("Content-Type", "application/json", "X-Request-Id", "request"),
        response.getHeaders());
    assertEquals(false, response.getIsBase64Encoded());
  }

  @Test
  void aReplayDiffersOnlyInItsHeader() {
    APIGatewayProxyResponseEvent response =
        ResponseWriter.write(new Created("group", "purchase", true), "request");
    assertEquals(201, response.getStatusCode());
    assertEquals("{\"group_id\":\"group\",\"purchase_id\":\"purchase\"}", response.getBody());
    assertEquals("true", response.getHeaders().get("Idempotent-Replayed"));
  }

  @Test
  void anErrorHasCodeMessageAndRequestId() {
    APIGatewayProxyResponseEvent response =
        ResponseWriter.write(Refused.naming("group_id", ErrorCode.INVALID_PARAMETER), "request");
    assertEquals(400, response.getStatusCode());
    assertEquals(
        "{\"error_code\":\"APIG.2012\","
            + "\"error_msg\":\"Invalid parameter value,parameterName:group_id.\","
            + "\"request_id\":\"request\"}",
        response.getBody());
    assertEquals(
        Map.of("Content-Type", "application/json", "X-Request-Id", "request"),
        response.getHeaders());
  }

  @Test
  void onlyTheHoldersConflictHasAPurchaseId() {
    String error =
        "{\"error_code\":\"APIG.3402\","
            + "\"error_msg\":\"The API group has been purchased already.\","
            + "\"request_id\":\"request\"";
    assertEquals(
        error + ",\"purchase_id\":\"purchase\"}",
        ResponseWriter.write(Refused.toHolder("purchase"), "request").getBody());
    assertEquals(
        error + "}",
        ResponseWriter.write(Refused.with(ErrorCode.ALREADY_RESERVED), "request").getBody());
  }

  @ParameterizedTest
  @CsvSource({
    "MALFORMED_BODY,400,APIG.2000",
    "MISSING_PARAMETER,400,APIG.2001",
    "PARAMETER_TOO_LONG,400,APIG.2006",
    "INVALID_PARAMETER,400,APIG.2012",
    "NO_PERMISSION,403,APIG.1136",
    "ALREADY_RESERVED,409,APIG.3402",
    "THROTTLED,500,APIG.9008",
    "SYSTEM_ERROR,500,APIG.9999"
  })
  void everyErrorHasItsStatusAndCode(ErrorCode error, int status, String code) {
    assertEquals(status, Refused.with(error).status());
    assertEquals(code, error.code);
  }

  @ParameterizedTest
  @MethodSource
  void everyOutcomeHasItsResponse(Outcome outcome, Response expected) {
    assertEquals(expected, Response.of(outcome, Requests.request("Group", null)));
  }

  static Stream<Arguments> everyOutcomeHasItsResponse() {
    return Stream.of(
        Arguments.of(new Outcome.Reserved("p", false), new Created("Group", "p", false)),
        Arguments.of(new Outcome.Reserved("p", true), new Created("Group", "p", true)),
        Arguments.of(new Outcome.HeldBySameTenant("p"), Refused.toHolder("p")),
        Arguments.of(new Outcome.HeldByOtherTenant(), Refused.with(ErrorCode.ALREADY_RESERVED)),
        Arguments.of(new Outcome.NotOwner(), Refused.with(ErrorCode.NO_PERMISSION)));
  }

  @Test
  void onlyAThrottledFailureIsReportedAsThrottling() {
    Throwable cause = new IllegalStateException("internal");
    assertEquals(
        Refused.with(ErrorCode.THROTTLED),
        Response.of(new UnknownOutcomeException("internal", true, cause)));
    assertEquals(
        Refused.with(ErrorCode.SYSTEM_ERROR),
        Response.of(new UnknownOutcomeException("internal", false, cause)));
    assertEquals(
        Refused.with(ErrorCode.SYSTEM_ERROR), Response.of(new IllegalStateException("internal")));
  }
}
