package dev.marketreserve.http;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;

/** The id of a request for the caller, the access log and the function's log. */
final class RequestId {

  private static final int MAX_LENGTH = 128;

  private RequestId() {}

  /**
   * The gateway's request id, or Lambda's where the event has none that fits into a header.
   *
   * <p>A caller can choose the gateway's: see {@code $context.requestId} in <a
   * href="https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html">API
   * Gateway's variables</a>.
   *
   * @param invocationId Lambda's request id
   */
  static String of(APIGatewayProxyRequestEvent event, String invocationId) {
    String fromGateway =
        event.getRequestContext() == null ? null : event.getRequestContext().getRequestId();
    return fromGateway != null && isHeaderValue(fromGateway) ? fromGateway : invocationId;
  }

  private static boolean isHeaderValue(String text) {
    return !text.isEmpty()
        && text.length() <= MAX_LENGTH
        && text.chars().allMatch(c -> c > ' ' && c <= '~');
  }
}
