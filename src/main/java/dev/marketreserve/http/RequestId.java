package dev.marketreserve.http;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;

/** The id by which caller, access log and function log know a request. */
public final class RequestId {

  private RequestId() {}

  /**
   * The gateway's request id, or Lambda's where the event did not come through a gateway.
   *
   * @param invocationId Lambda's request id
   */
  public static String of(APIGatewayProxyRequestEvent event, String invocationId) {
    String fromGateway =
        event.getRequestContext() == null ? null : event.getRequestContext().getRequestId();
    return fromGateway == null ? invocationId : fromGateway;
  }
}
