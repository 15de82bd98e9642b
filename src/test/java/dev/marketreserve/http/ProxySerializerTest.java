package dev.marketreserve.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.amazonaws.services.lambda.runtime.serialization.events.LambdaEventSerializers;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.Events;
import dev.marketreserve.http.Response.Refused;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxySerializerTest {

  private final ProxySerializer serializer = new ProxySerializer();

  @ParameterizedTest
  @MethodSource("dev.marketreserve.Events#names")
  void anEventIsReadAsByTheRuntimesSerializer(String name) {
    String json = Events.load(name).toString();
    APIGatewayProxyRequestEvent expected =
        LambdaEventSerializers.serializerFor(
                APIGatewayProxyRequestEvent.class, getClass().getClassLoader())
            .fromJson(json);
    assertEquals(whatTheFunctionReads(expected), whatTheFunctionReads(read(json)));
  }

  @Test
  void aResponseIsWrittenAsByTheRuntimesSerializer() throws IOException {
    APIGatewayProxyResponseEvent response =
        ResponseWriter.write(Refused.with(ErrorCode.NO_PERMISSION), "request \"ä\"");
    ByteArrayOutputStream own = new ByteArrayOutputStream();
    serializer.toJson(response, own, APIGatewayProxyResponseEvent.class);
    ByteArrayOutputStream runtimes = new ByteArrayOutputStream();
    LambdaEventSerializers.serializerFor(
            APIGatewayProxyResponseEvent.class, getClass().getClassLoader())
        .toJson(response, runtimes);
    JsonMapper json = new JsonMapper();
    assertEquals(json.readTree(runtimes.toByteArray()), json.readTree(own.toByteArray()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "7",
        "\"text\"",
        "{}",
        "{\"headers\":null,\"multiValueHeaders\":null,\"pathParameters\":null,\"body\":null}",
        "{\"headers\":[],\"multiValueHeaders\":{\"a\":7},\"pathParameters\":7,\"body\":{}}",
        "{\"headers\":{\"a\":{}},\"requestContext\":{\"requestId\":7,\"identity\":[]}}"
      })
  void anyOtherJsonIsReadAsAnEmptyEvent(String json) {
    APIGatewayProxyRequestEvent event = read(json);
    BadRequestException e =
        assertThrows(
            BadRequestException.class,
            () -> RequestReader.read(GatewayRequest.of(event, "invocation")));
    assertEquals(Refused.naming("project_id", ErrorCode.MISSING_PARAMETER), e.response());
    assertEquals("invocation", GatewayRequest.of(event, "invocation").requestId());
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
    assertThrows(
        UncheckedIOException.class,
        () -> serializer.fromJson(text, APIGatewayProxyRequestEvent.class));
  }

  private APIGatewayProxyRequestEvent read(String json) {
    APIGatewayProxyRequestEvent fromStream =
        serializer.fromJson(
            new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8)),
            APIGatewayProxyRequestEvent.class);
    APIGatewayProxyRequestEvent fromText =
        serializer.fromJson(json, APIGatewayProxyRequestEvent.class);
    assertEquals(fromText, fromStream);
    return fromStream;
  }

  private static List<@Nullable Object> whatTheFunctionReads(APIGatewayProxyRequestEvent event) {
    Map<String, List<String>> multiple = event.getMultiValueHeaders();
    return Arrays.asList(
        event.getHeaders(),
        multiple,
        event.getPathParameters(),
        event.getRequestContext().getRequestId(),
        event.getRequestContext().getIdentity().getUserArn(),
        event.getBody(),
        event.getIsBase64Encoded());
  }
}
