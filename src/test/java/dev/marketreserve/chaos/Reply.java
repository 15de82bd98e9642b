package dev.marketreserve.chaos;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.UncheckedIOException;
import java.time.Duration;

/**
 * What a caller was told, and how long it took.
 *
 * @param errorCode empty for a 201
 * @param purchaseId empty for any other status
 */
record Reply(int status, String errorCode, String purchaseId, boolean replayed, Duration duration) {

  private static final JsonMapper JSON = new JsonMapper();

  static Reply of(APIGatewayProxyResponseEvent response, Duration duration) {
    try {
      JsonNode body = JSON.readTree(response.getBody());
      return new Reply(
          response.getStatusCode(),
          body.path("error_code").asText(),
          body.path("purchase_id").asText(),
          response.getHeaders().containsKey("Idempotent-Replayed"),
          duration);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Status and, where there is one, error code. */
  String summary() {
    return (status + " " + errorCode).strip();
  }
}
