package dev.marketreserve.http;

import com.amazonaws.services.lambda.runtime.CustomPojoSerializer;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent.ProxyRequestContext;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent.RequestIdentity;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON of a Lambda proxy integration, read and written with the function's own Jackson. The
 * runtime's serializer would load a second Jackson and use reflection on every event class before
 * the first request. The runtime finds this class as a {@link java.util.ServiceLoader service}.
 *
 * <p>It reads only the parts of an event that the function uses. A value of the wrong type counts
 * as absent, so any JSON is read as an event, even {@code null} or an empty payload.
 *
 * @see <a href="https://docs.aws.amazon.com/lambda/latest/dg/java-custom-serialization.html">Custom
 *     serialization</a>
 */
public final class ProxySerializer implements CustomPojoSerializer {

  private static final JsonMapper JSON = new JsonMapper();

  @Override
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the runtime's signature
  public <T> T fromJson(InputStream input, Type type) {
    try {
      return (T) event(JSON.readTree(input));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  @SuppressWarnings("TypeParameterUnusedInFormals") // the runtime's signature
  public <T> T fromJson(String input, Type type) {
    return fromJson(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), type);
  }

  @Override
  public <T> void toJson(T value, OutputStream output, Type type) {
    APIGatewayProxyResponseEvent response = (APIGatewayProxyResponseEvent) value;
    ObjectNode json = JSON.createObjectNode();
    json.put("statusCode", response.getStatusCode());
    ObjectNode headers = json.putObject("headers");
    response.getHeaders().forEach(headers::put);
    json.put("body", response.getBody());
    json.put("isBase64Encoded", response.getIsBase64Encoded());
    try {
      JSON.writeValue(output, json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static APIGatewayProxyRequestEvent event(JsonNode json) {
    JsonNode context = json.path("requestContext");
    return new APIGatewayProxyRequestEvent()
        .withHeaders(texts(json.path("headers")))
        .withMultiValueHeaders(lists(json.path("multiValueHeaders")))
        .withPathParameters(texts(json.path("pathParameters")))
        .withRequestContext(
            new ProxyRequestContext()
                .withRequestId(context.path("requestId").textValue())
                .withIdentity(
                    new RequestIdentity()
                        .withUserArn(context.path("identity").path("userArn").textValue())))
        .withBody(json.path("body").textValue())
        .withIsBase64Encoded(json.path("isBase64Encoded").booleanValue());
  }

  private static Map<String, @Nullable String> texts(JsonNode object) {
    Map<String, @Nullable String> texts = new HashMap<>();
    object.properties().forEach(p -> texts.put(p.getKey(), p.getValue().textValue()));
    return texts;
  }

  private static Map<String, List<@Nullable String>> lists(JsonNode object) {
    Map<String, List<@Nullable String>> lists = new HashMap<>();
    object
        .properties()
        .forEach(p ->
            lists.put(p.getKey(), p.getValue().valueStream().map(JsonNode::textValue).toList()));
    return lists;
  }
}
