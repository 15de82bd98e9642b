package dev.marketreserve.local;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.fasterxml.jackson.annotation.JsonInclude.Value;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.eclipse.jetty.server.Request;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;

/**
 * The terminal output: one line per request. If the system property {@code verbose} is true, the
 * event, the operations in DynamoDB and the function's log come before it. Safe for use by many
 * threads.
 */
final class Terminal implements ExecutionInterceptor {

  private static final JsonMapper JSON =
      JsonMapper.builder().defaultPropertyInclusion(Value.ALL_NON_NULL).build();
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

  private final boolean verbose = Boolean.getBoolean("verbose");

  /** Shows a request and its response. */
  void answered(Request request, APIGatewayProxyResponseEvent answer) {
    Duration duration = Duration.ofNanos(System.nanoTime() - request.getBeginNanoTime());
    String code = json(answer.getBody()).path("error_code").asText();
    System.out.printf(
        Locale.ROOT,
        "%s  %d %-9s %5d ms  %s %s%n",
        TIME.format(LocalTime.now(ZoneId.systemDefault())),
        answer.getStatusCode(),
        answer.getHeaders().containsKey("Idempotent-Replayed") ? "replayed" : code,
        duration.toMillis(),
        request.getMethod(),
        printable(request.getHttpURI().getPathQuery()));
  }

  /** Shows an event that the function gets. */
  void called(APIGatewayProxyRequestEvent event) {
    detail("event", printable(JSON.valueToTree(event).toString()));
  }

  /** Shows the function's log. Without {@code verbose}, only the cause of a failure is shown. */
  void logged(String text) {
    if (verbose) {
      detail("log", text.strip());
    } else {
      JsonNode line = json(text);
      System.out.print(line.isObject() ? line.path("cause").asText() : text);
    }
  }

  @Override
  public void afterExecution(Context.AfterExecution context, ExecutionAttributes attributes) {
    detail("DynamoDB", context.request() + ": " + context.response());
  }

  @Override
  public void onExecutionFailure(Context.FailedExecution context, ExecutionAttributes attributes) {
    detail("DynamoDB", context.request() + ": " + context.exception());
  }

  /** Shows a line if {@code verbose}. */
  private void detail(String kind, String text) {
    if (verbose) {
      System.out.printf(Locale.ROOT, "          %-9s %s%n", kind, text);
    }
  }

  /** A caller's text without control characters, which a terminal would interpret. */
  private static String printable(String text) {
    return text.replaceAll("\\p{Cc}", "?");
  }

  /** The text as JSON, or a missing node. */
  private static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return JSON.missingNode();
    }
  }
}
