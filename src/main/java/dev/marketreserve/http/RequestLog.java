package dev.marketreserve.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.reservation.ReserveRequest;
import dev.marketreserve.reservation.ResourceId;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The log line of a request: one JSON object in ASCII, so that a caller's text can neither break
 * the line nor hide characters in it.
 *
 * <p>The line goes to Lambda's logger as bytes. The runtime writes bytes unchanged in both of its
 * log formats. In the JSON format it would wrap a string in a second JSON object.
 */
final class RequestLog {

  private static final ObjectWriter ASCII_JSON =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build().writer();

  /**
   * The longest IAM ARN, in characters.
   *
   * @see <a href="https://docs.aws.amazon.com/IAM/latest/APIReference/API_Policy.html">IAM's data
   *     type for an ARN</a>
   */
  private static final int MAX_ARN_LENGTH = 2048;

  private RequestLog() {}

  /**
   * Returns the line, including the line feed.
   *
   * @param invocationId Lambda's request id
   * @param reserve null if the request is not valid
   * @param failure why the response is a 500; null for any other response
   */
  static byte[] line(
      GatewayRequest request,
      String invocationId,
      @Nullable ReserveRequest reserve,
      Response response,
      @Nullable Throwable failure,
      Duration duration) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("timestamp", Instant.now().toString());
    line.put("level", failure == null ? "INFO" : "ERROR");
    line.put("request_id", request.requestId());
    line.put("aws_request_id", invocationId);
    line.put("status", response.status());
    if (response instanceof Response.Refused refused) {
      line.put("error_code", refused.error().code);
      line.put("error_msg", refused.message());
      put(line, "purchase_id", refused.purchaseId());
    }
    put(line, "domain_id", request.domainIds().isEmpty() ? null : request.domainIds().getFirst());
    put(line, "project_id", request.projectId());
    put(line, "instance_id", request.instanceId());
    put(line, "group_id", reserve == null ? null : reserve.groupId().canonical());
    if (response instanceof Response.Created created) {
      line.put("purchase_id", created.purchaseId());
      line.put("replayed", created.replayed());
    }
    put(line, "caller", request.caller(), MAX_ARN_LENGTH);
    line.put("duration_ms", duration.toMillis());
    if (failure != null) {
      line.put("cause", stackTrace(failure));
    }
    return (asText(line) + "\n").getBytes(StandardCharsets.US_ASCII);
  }

  /** Adds a caller's text, cut to the length of the longest valid id. */
  private static void put(ObjectNode line, String name, @Nullable String value) {
    put(line, name, value, ResourceId.MAX_LENGTH);
  }

  private static void put(ObjectNode line, String name, @Nullable String value, int maxLength) {
    if (value != null) {
      line.put(name, value.substring(0, Math.min(value.length(), maxLength)));
    }
  }

  private static String stackTrace(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private static String asText(ObjectNode line) {
    try {
      // Jackson does not escape DEL.
      return ASCII_JSON.writeValueAsString(line).replace("\u007f", "\\u007f");
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
