package dev.marketreserve.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.http.Response.Created;
import dev.marketreserve.http.Response.Refused;
import dev.marketreserve.reservation.Outcome;
import dev.marketreserve.reservation.Requests;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResponseWriterTest {

  private static final Map<String, String> HEADERS =
      Map.of("Content-Type", "application/json", "X-Request-Id", "request");

  @Test
  void aReservationIs201WithGroupAndPurchase() {
    String body = "{\"group_id\":\"Group\",\"purchase_id\":\"purchase\"}";
    assertWritten(201, HEADERS, body, new Created("Group", "purchase", false));
    Map<String, String> replayed =
        Map.of(
            "Content-Type", "application/json",
            "X-Request-Id", "request",
            "Idempotent-Replayed", "true");
    assertWritten(201, replayed, body, new Created("Group", "purchase", true));
  }

  @Test
  void anErrorHasCodeMessageAndRequestIdAndOnlyTheHoldersAPurchaseId() {
    String invalid =
        "{\"error_code\":\"APIG.2012\","
            + "\"error_msg\":\"Invalid parameter value,parameterName:group_id.\","
            + "\"request_id\":\"request\"}";
    assertWritten(400, HEADERS, invalid, Refused.naming("group_id", ErrorCode.INVALID_PARAMETER));
    String held =
        "{\"error_code\":\"APIG.3402\","
            + "\"error_msg\":\"The API group has been purchased already.\","
            + "\"request_id\":\"request\"";
    assertWritten(409, HEADERS, held + "}", Refused.with(ErrorCode.ALREADY_RESERVED));
    assertWritten(
        409, HEADERS, held + ",\"purchase_id\":\"purchase\"}", Refused.toHolder("purchase"));
  }

  @Test
  void everyOutcomeHasItsResponse() {
    assertResponse(new Created("Group", "p", false), new Outcome.Reserved("p", false));
    assertResponse(new Created("Group", "p", true), new Outcome.Reserved("p", true));
    assertResponse(Refused.toHolder("p"), new Outcome.HeldBySameTenant("p"));
    assertResponse(Refused.with(ErrorCode.ALREADY_RESERVED), new Outcome.HeldByOtherTenant());
    assertResponse(Refused.with(ErrorCode.NO_PERMISSION), new Outcome.NotOwner());
  }

  @Test
  void onlyAThrottledFailureIsReportedAsThrottling() {
    Exception cause = new IllegalStateException("internal");
    assertEquals(
        Refused.with(ErrorCode.THROTTLED),
        Response.of(new UnknownOutcomeException("internal", true, cause)));
    assertEquals(
        Refused.with(ErrorCode.SYSTEM_ERROR),
        Response.of(new UnknownOutcomeException("internal", false, cause)));
    assertEquals(
        Refused.with(ErrorCode.SYSTEM_ERROR), Response.of(new IllegalStateException("internal")));
  }

  private static void assertWritten(
      int status, Map<String, String> headers, String body, Response response) {
    APIGatewayProxyResponseEvent written = ResponseWriter.write(response, "request");
    assertEquals(status, written.getStatusCode());
    assertEquals(headers, written.getHeaders());
    assertEquals(body, written.getBody());
    assertEquals(false, written.getIsBase64Encoded());
  }

  private static void assertResponse(Response expected, Outcome outcome) {
    assertEquals(expected, Response.of(outcome, Requests.request("Group", null)));
  }
}
