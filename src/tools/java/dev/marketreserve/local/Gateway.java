package dev.marketreserve.local;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent.ProxyRequestContext;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.fasterxml.jackson.databind.JsonNode;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.SamTemplate.Route;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import java.util.zip.ZipException;
import org.eclipse.jetty.http.pathmap.UriTemplatePathSpec;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * API Gateway as the function sees it: it turns an HTTP request into a proxy event, calls the
 * function, and writes its response. Routes and timeout come from {@code template.yaml}, the
 * gateway's own responses from {@code openapi.yaml}. Every call counts as signed.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html">Lambda
 *     proxy integrations</a>
 */
final class Gateway extends Handler.Abstract {

  /** API Gateway's payload quota for a REST API. */
  private static final int MAX_PAYLOAD_BYTES = 10 * 1024 * 1024;

  private final SamTemplate template = SamTemplate.read();
  private final Route route = template.routes().getFirst();
  private final UriTemplatePathSpec path = new UriTemplatePathSpec(route.path());
  private final RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent> function;
  private final Terminal terminal;

  Gateway(
      RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent> function,
      Terminal terminal) {
    this.function = function;
    this.terminal = terminal;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    String requestId = UUID.randomUUID().toString();
    try {
      send(answer(request, requestId), request, response, callback);
    } catch (IOException e) {
      // The caller has gone, so nobody would read a response.
      callback.failed(e);
    } catch (RuntimeException e) {
      e.printStackTrace();
      send(own("DEFAULT_5XX", 502, requestId), request, response, callback);
    }
    return true;
  }

  /**
   * Responds to malformed HTTP, which {@link #handle} does not get. Jetty then closes the
   * connection. The response has to say so, or the caller would use the connection again.
   */
  boolean refuse(Request request, Response response, Callback callback) {
    response.getHeaders().put("Connection", "close");
    send(own("DEFAULT_4XX", 400, UUID.randomUUID().toString()), request, response, callback);
    return true;
  }

  private APIGatewayProxyResponseEvent answer(Request request, String requestId)
      throws IOException {
    // Read even for an unknown path: Jetty closes a connection if a body is not read to its end.
    byte[] body = body(request);
    Map<String, String> parameters = path.getPathParams(request.getHttpURI().getPath());
    if (parameters == null || !route.method().equals(request.getMethod())) {
      return own("RESOURCE_NOT_FOUND", 404, requestId);
    }
    byte[] decoded = decoded(body, request.getHeaders().get("Content-Encoding"));
    if (decoded == null) {
      return fixed(415, "Unsupported Media Type");
    }
    return decoded.length > MAX_PAYLOAD_BYTES
        ? fixed(413, "Request Too Long")
        : call(event(request, parameters, decoded, requestId));
  }

  private APIGatewayProxyResponseEvent call(APIGatewayProxyRequestEvent event) {
    Duration timeout = Duration.ofSeconds(template.function().get("Timeout").asInt());
    Context context = new LocalContext(UUID.randomUUID().toString(), timeout, terminal::logged);
    terminal.called(event);
    return function.handleRequest(event, context);
  }

  /** The body, or enough of it to show that it is too large. */
  private static byte[] body(Request request) throws IOException {
    try (InputStream in = Content.Source.asInputStream(request)) {
      byte[] body = in.readNBytes(MAX_PAYLOAD_BYTES + 1);
      in.skip(Long.MAX_VALUE);
      return body;
    }
  }

  /**
   * The decoded body; null if the encoding is unknown or does not match the body.
   *
   * @see <a
   *     href="https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-make-request-with-compressed-payload.html">Calling
   *     a method with a compressed payload</a>
   */
  private static byte @Nullable [] decoded(byte[] body, @Nullable String encoding) {
    ByteArrayInputStream bytes = new ByteArrayInputStream(body);
    String name = encoding == null ? "identity" : encoding.toLowerCase(Locale.ROOT);
    try (InputStream in =
        switch (name) {
          case "identity" -> bytes;
          case "gzip" -> new GZIPInputStream(bytes);
          case "deflate" -> new InflaterInputStream(bytes);
          default -> throw new ZipException(name);
        }) {
      return in.readNBytes(MAX_PAYLOAD_BYTES + 1);
    } catch (IOException e) {
      return null;
    }
  }

  private APIGatewayProxyRequestEvent event(
      Request request, Map<String, String> parameters, byte[] body, String requestId) {
    Map<String, String> headers = new LinkedHashMap<>();
    Map<String, List<String>> multiValueHeaders = new LinkedHashMap<>();
    for (String name : request.getHeaders().getFieldNamesCollection()) {
      List<String> values = request.getHeaders().getValuesList(name);
      headers.put(name, values.getLast());
      multiValueHeaders.put(name, values);
    }
    APIGatewayProxyRequestEvent event =
        new APIGatewayProxyRequestEvent()
            .withResource(route.path())
            .withPath(request.getHttpURI().getPath())
            .withHttpMethod(request.getMethod())
            .withHeaders(headers)
            .withMultiValueHeaders(multiValueHeaders)
            .withPathParameters(parameters)
            .withRequestContext(new ProxyRequestContext().withRequestId(requestId))
            .withIsBase64Encoded(false);
    if (body.length == 0) {
      return event;
    }
    try {
      return event.withBody(
          StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString());
    } catch (CharacterCodingException e) {
      return event.withBody(Base64.getEncoder().encodeToString(body)).withIsBase64Encoded(true);
    }
  }

  /** A response that the gateway returns itself, from {@code openapi.yaml}. */
  private APIGatewayProxyResponseEvent own(String type, int defaultStatus, String requestId) {
    JsonNode response = template.gatewayResponses().get(type);
    JsonNode status = response.get("statusCode");
    String body = response.get("responseTemplates").get("application/json").asText();
    return new APIGatewayProxyResponseEvent()
        .withStatusCode(status == null ? defaultStatus : status.asInt())
        .withHeaders(Map.of("Content-Type", "application/json", "X-Request-Id", requestId))
        .withBody(body.replace("$context.requestId", requestId));
  }

  /** A response that cannot be customised in API Gateway. It has no request id. */
  private static APIGatewayProxyResponseEvent fixed(int status, String message) {
    return new APIGatewayProxyResponseEvent()
        .withStatusCode(status)
        .withHeaders(Map.of("Content-Type", "application/json"))
        .withBody("{\"message\":\"" + message + "\"}");
  }

  private void send(
      APIGatewayProxyResponseEvent answer, Request request, Response response, Callback callback) {
    terminal.answered(request, answer);
    response.setStatus(answer.getStatusCode());
    answer.getHeaders().forEach(response.getHeaders()::put);
    Content.Sink.write(response, true, answer.getBody(), callback);
  }
}
