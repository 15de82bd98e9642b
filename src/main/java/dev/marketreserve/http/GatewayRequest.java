package dev.marketreserve.http;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent.ProxyRequestContext;
import dev.marketreserve.reservation.VisibleAscii;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a proxy event that the function uses. Headers, path parameters and body can each be
 * absent, both from API Gateway and from {@code sam local invoke}. Nothing is trimmed or
 * percent-decoded.
 *
 * @param requestId the id for the caller, the access log and the function's log
 * @param caller the ARN of the IAM principal that signed the call
 * @param domainIds every value of the header {@value #DOMAIN_ID}
 * @param idempotencyKeys every value of the header {@value #IDEMPOTENCY_KEY}
 * @param body as received
 * @param base64 whether the body is base64
 * @see <a
 *     href="https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format">the
 *     input format of a Lambda proxy integration</a>
 */
record GatewayRequest(
    String requestId,
    @Nullable String caller,
    @Nullable String projectId,
    @Nullable String instanceId,
    List<String> domainIds,
    List<String> idempotencyKeys,
    @Nullable String body,
    boolean base64) {

  static final String DOMAIN_ID = "X-Domain-Id";
  static final String IDEMPOTENCY_KEY = "Idempotency-Key";
  static final String PROJECT_ID = "project_id";
  static final String INSTANCE_ID = "instance_id";

  private static final int MAX_REQUEST_ID_LENGTH = 128;

  /**
   * Reads the parts of an event.
   *
   * @param invocationId Lambda's request id
   */
  static GatewayRequest of(APIGatewayProxyRequestEvent event, String invocationId) {
    ProxyRequestContext context = event.getRequestContext();
    return new GatewayRequest(
        requestId(context, invocationId),
        context == null || context.getIdentity() == null
            ? null
            : context.getIdentity().getUserArn(),
        pathParameter(event, PROJECT_ID),
        pathParameter(event, INSTANCE_ID),
        headerValues(event, DOMAIN_ID),
        headerValues(event, IDEMPOTENCY_KEY),
        event.getBody(),
        Boolean.TRUE.equals(event.getIsBase64Encoded()));
  }

  /**
   * The gateway's request id, or Lambda's if the event has none that fits into a header.
   *
   * <p>A caller can choose the gateway's request id: see {@code $context.requestId} in <a
   * href="https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html">API
   * Gateway's variables</a>.
   */
  private static String requestId(@Nullable ProxyRequestContext context, String invocationId) {
    String fromGateway = context == null ? null : context.getRequestId();
    return fromGateway != null && VisibleAscii.matches(fromGateway, MAX_REQUEST_ID_LENGTH)
        ? fromGateway
        : invocationId;
  }

  private static @Nullable String pathParameter(APIGatewayProxyRequestEvent event, String name) {
    Map<String, String> parameters = event.getPathParameters();
    return parameters == null ? null : parameters.get(name);
  }

  /** Every value of a header, whatever the case of its name. */
  private static List<String> headerValues(APIGatewayProxyRequestEvent event, String name) {
    List<String> multiple =
        named(event.getMultiValueHeaders(), name)
            .flatMap(List::stream)
            .filter(Objects::nonNull)
            .toList();
    // The gateway repeats one of these as the single value. If that value differs from all of
    // these, it is one more.
    Stream<String> others =
        named(event.getHeaders(), name).filter(value -> !multiple.contains(value));
    return Stream.concat(multiple.stream(), others).toList();
  }

  private static <T> Stream<T> named(@Nullable Map<String, T> headers, String name) {
    return headers == null
        ? Stream.empty()
        : headers.entrySet().stream()
            .filter(header -> name.equalsIgnoreCase(header.getKey()))
            .map(Map.Entry::getValue)
            .filter(Objects::nonNull);
  }
}
