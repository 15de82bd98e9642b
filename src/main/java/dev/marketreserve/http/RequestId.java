package dev.marketreserve.http;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;

/** The id by which caller, access log and function log know a request. */
public final class RequestId {

  private RequestId() {}

  /** The gateway's request id, or Lambda's where the event did not come through a gateway. */
  public static String of(APIGatewayProxyRequestEvent event, Context context) {
    String fromGateway =
        event.getRequestContext() == null ? null : event.getRequestContext().getRequestId();
    return fromGateway == null ? context.getAwsRequestId() : fromGateway;
  }
}
