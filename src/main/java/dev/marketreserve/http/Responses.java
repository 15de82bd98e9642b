package dev.marketreserve.http;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes an {@link Answer} as the response of a Lambda proxy integration. */
public final class Responses {

  private Responses() {}

  /**
   * The response that carries {@code answer}: JSON, with the request id in {@code X-Request-Id}
   * and, for an error, in the body too.
   */
  public static APIGatewayProxyResponseEvent of(Answer answer, String requestId) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Content-Type", "application/json");
    headers.put("X-Request-Id", requestId);
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    switch (answer) {
      case Answer.Created(String groupId, String purchaseId, boolean replayed) -> {
        body.put("group_id", groupId).put("purchase_id", purchaseId);
        if (replayed) {
          headers.put("Idempotent-Replayed", "true");
        }
      }
      case Answer.Refused(ErrorCode error, String message) ->
          body.put("error_code", error.code())
              .put("error_msg", message)
              .put("request_id", requestId);
    }
    return new APIGatewayProxyResponseEvent()
        .withStatusCode(answer.status())
        .withHeaders(headers)
        .withBody(body.toString())
        .withIsBase64Encoded(false);
  }
}
