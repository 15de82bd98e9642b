package dev.marketreserve.http;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * A response as the caller receives it.
 *
 * @param headers the first value of each header; names are case-insensitive
 * @param duration how long the caller waited
 */
public record ReceivedResponse(
    int status, Map<String, String> headers, JsonNode body, Duration duration) {

  private static final JsonMapper JSON = new JsonMapper();

  /** The gateway's response for the function's response. */
  public static ReceivedResponse of(APIGatewayProxyResponseEvent response, Duration duration) {
    return new ReceivedResponse(
        response.getStatusCode(),
        caseless(response.getHeaders()),
        json(response.getBody()),
        duration);
  }

  /** The gateway's response for the function's response, given as JSON. */
  public static ReceivedResponse of(String payload, Duration duration) {
    return of(JSON.convertValue(json(payload), APIGatewayProxyResponseEvent.class), duration);
  }

  /** The response of the gateway. */
  public static ReceivedResponse of(HttpResponse<String> response, Duration duration) {
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    response.headers().map().forEach((name, values) -> headers.put(name, values.getFirst()));
    return new ReceivedResponse(response.statusCode(), headers, json(response.body()), duration);
  }

  /** The purchase id; empty if the body has none. */
  public String purchaseId() {
    return body.path("purchase_id").asText();
  }

  /** The error code; empty if the body has none. */
  public String errorCode() {
    return body.path("error_code").asText();
  }

  /** Whether the response is marked as a replay. */
  public boolean replayed() {
    return "true".equals(headers.get("Idempotent-Replayed"));
  }

  /** The status, followed by the error code if there is one. */
  public String summary() {
    return (status + " " + errorCode()).strip();
  }

  private static Map<String, String> caseless(Map<String, String> headers) {
    Map<String, String> caseless = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    caseless.putAll(headers);
    return caseless;
  }

  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
