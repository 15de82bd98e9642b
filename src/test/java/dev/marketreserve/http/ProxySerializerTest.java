package dev.marketreserve.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.amazonaws.services.lambda.runtime.serialization.PojoSerializer;
import com.amazonaws.services.lambda.runtime.serialization.events.LambdaEventSerializers;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.Events;
import dev.marketreserve.http.Response.Refused;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxySerializerTest {

  private final ProxySerializer serializer = new ProxySerializer();

  @ParameterizedTest
  @MethodSource("dev.marketreserve.Events#names")
  void anEventIsReadAsTheRuntimesSerializerReadsIt(String name) {
    for (boolean base64 : new boolean[] {true, false}) {
      String json = Events.load(name).put("isBase64Encoded", base64).toString();
      APIGatewayProxyRequestEvent expected =
          runtimes(APIGatewayProxyRequestEvent.class).fromJson(json);
      assertEquals(whatTheFunctionReads(expected), whatTheFunctionReads(read(json)));
    }
  }

  @Test
  void aResponseIsWrittenAsTheRuntimesSerializerWritesIt() throws IOException {
    APIGatewayProxyResponseEvent response =
        ResponseWriter.write(Refused.with(ErrorCode.NO_PERMISSION), "request \"ä\"");
    ByteArrayOutputStream own = new ByteArrayOutputStream();
    serializer.toJson(response, own, APIGatewayProxyResponseEvent.class);
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    runtimes(APIGatewayProxyResponseEvent.class).toJson(response, expected);
    JsonMapper json = new JsonMapper();
    assertEquals(json.readTree(expected.toByteArray()), json.readTree(own.toByteArray()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "7",
        "{}",
        "{\"headers\":null,\"multiValueHeaders\":null,\"pathParameters\":null,\"body\":null}",
        "{\"headers\":[],\"multiValueHeaders\":{\"a\":7},\"pathParameters\":7,\"body\":{}}",
        "{\"headers\":{\"a\":{}},\"requestContext\":{\"requestId\":7,\"identity\":[]}}"
      })
  void anyOtherJsonIsReadAsAnEmptyEvent(String json) {
    GatewayRequest request = GatewayRequest.of(read(json), "invocation");
    assertEquals(GatewayRequest.of(new APIGatewayProxyRequestEvent(), "invocation"), request);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"true\"", "7", "null", "{}"})
  void aNonBooleanFlagIsFalse(String flag) {
    assertEquals(false, read("{\"isBase64Encoded\":" + flag + "}").getIsBase64Encoded());
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "{\"body\":", "}", "nul"})
  void invalidJsonIsAnInvocationError(String text) {
    assertThrows(UncheckedIOException.class, () -> read(text));
  }

  private APIGatewayProxyRequestEvent read(String json) {
    return serializer.fromJson(json, APIGatewayProxyRequestEvent.class);
  }

  private <T> PojoSerializer<T> runtimes(Class<T> type) {
    return LambdaEventSerializers.serializerFor(type, getClass().getClassLoader());
  }

  private static List<@Nullable Object> whatTheFunctionReads(APIGatewayProxyRequestEvent event) {
    return Arrays.asList(
        event.getHeaders(),
        event.getMultiValueHeaders(),
        event.getPathParameters(),
        event.getRequestContext().getRequestId(),
        event.getRequestContext().getIdentity().getUserArn(),
        event.getBody(),
        event.getIsBase64Encoded());
  }
}
