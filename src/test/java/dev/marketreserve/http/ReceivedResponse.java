package dev.marketreserve.http;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * A response as the caller receives it.
 *
 * @param headers by name
 * @param duration how long the caller waited
 */
public record ReceivedResponse(int status, JsonNode headers, JsonNode body, Duration duration) {

  private static final JsonMapper JSON = new JsonMapper();

  /** The response that the gateway makes of the function's. */
  public static ReceivedResponse of(APIGatewayProxyResponseEvent response, Duration duration) {
    return new ReceivedResponse(
        response.getStatusCode(),
        JSON.valueToTree(response.getHeaders()),
        json(response.getBody()),
        duration);
  }

  /** The response that the gateway makes of the function's, in JSON. */
  public static ReceivedResponse of(String payload, Duration duration) {
    JsonNode response = json(payload);
    return new ReceivedResponse(
        response.get("statusCode").asInt(),
        response.get("headers"),
        json(response.get("body").asText()),
        duration);
  }

  /** The response of the gateway. */
  public static ReceivedResponse of(HttpResponse<String> response, Duration duration) {
    ObjectNode headers = JSON.createObjectNode();
    response.headers().map().forEach((name, values) -> headers.put(name, values.getFirst()));
    return new ReceivedResponse(response.statusCode(), headers, json(response.body()), duration);
  }

  /** The number of the product instance; empty where the body has none. */
  public String purchaseId() {
    return body.path("purchase_id").asText();
  }

  /** The error code; empty where the body has none. */
  public String errorCode() {
    return body.path("error_code").asText();
  }

  /** Whether the response repeats that of an earlier request with the same key. */
  public boolean replayed() {
    return headers.path("Idempotent-Replayed").asText().equals("true");
  }

  /** The status, with the error code where there is one. */
  public String summary() {
    return (status + " " + errorCode()).strip();
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
