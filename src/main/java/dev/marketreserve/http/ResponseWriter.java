package dev.marketreserve.http;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes a {@link Response} as the response of a Lambda proxy integration. */
final class ResponseWriter {

  private ResponseWriter() {}

  /**
   * The response as JSON, with the request id in the header {@code X-Request-Id} and, for an error,
   * in the body too.
   */
  static APIGatewayProxyResponseEvent write(Response response, String requestId) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/json");
    headers.put("X-Request-Id", requestId);
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    switch (response) {
      case Response.Created(String groupId, String purchaseId, boolean replayed) -> {
        body.put("group_id", groupId).put("purchase_id", purchaseId);
        if (replayed) {
          headers.put("Idempotent-Replayed", "true");
        }
      }
      case Response.Refused(ErrorCode error, String message, var purchaseId) -> {
        body.put("error_code", error.code).put("error_msg", message).put("request_id", requestId);
        if (purchaseId != null) {
          body.put("purchase_id", purchaseId);
        }
      }
    }
    return new APIGatewayProxyResponseEvent()
        .withStatusCode(response.status())
        .withHeaders(headers)
        .withBody(body.toString())
        .withIsBase64Encoded(false);
  }
}
