package dev.marketreserve.http;

import static dev.marketreserve.Events.event;
import static dev.marketreserve.reservation.Requests.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.http.Response.Refused;
import dev.marketreserve.reservation.ReserveRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link OpenApiTest} has more ids, keys and bodies. */
class RequestReaderTest {

  private static final String OK = "{\"group_id\":\"group\"}";
  private static final String DOMAIN_ID = "X-Domain-Id";

  @Test
  void aRequestIsReadFromPathHeadersAndBody() throws BadRequestException {
    assertEquals(request("group", "key"), read(with("Idempotency-Key", "key")));
  }

  @ParameterizedTest
  @MethodSource
  void aHeaderIsReadInEveryForm(
      @Nullable Map<String, String> headers, @Nullable Map<String, List<String>> multiple)
      throws BadRequestException {
    assertEquals(request("group", null), read(withHeaders(headers, multiple)));
  }

  static Stream<Arguments> aHeaderIsReadInEveryForm() {
    Map<@Nullable String, @Nullable List<String>> others = new HashMap<>();
    others.put("Accept", List.of("a", "b"));
    others.put("Idempotency-Key", null);
    others.put("idempotency-key", Collections.singletonList(null));
    others.put(null, List.of());
    return Stream.of(
        Arguments.of(Map.of("x-domain-ID", "domain"), null),
        Arguments.of(null, Map.of("x-domain-ID", List.of("domain"))),
        Arguments.of(Map.of(DOMAIN_ID, "domain"), Map.of(DOMAIN_ID, List.of("domain"))),
        Arguments.of(Map.of(DOMAIN_ID, "domain"), others));
  }

  @ParameterizedTest
  @MethodSource
  void aRepeatedHeaderIsInvalid(
      String header,
      @Nullable Map<String, String> headers,
      @Nullable Map<String, List<String>> multiple) {
    assertRefused(
        withHeaders(headers, multiple), Refused.naming(header, ErrorCode.INVALID_PARAMETER));
  }

  static Stream<Arguments> aRepeatedHeaderIsInvalid() {
    List<String> twice = List.of("a", "a");
    return Stream.of(
        Arguments.of(DOMAIN_ID, Map.of(DOMAIN_ID, "b"), Map.of(DOMAIN_ID, List.of("a", "b"))),
        Arguments.of(DOMAIN_ID, Map.of(DOMAIN_ID, "a"), Map.of(DOMAIN_ID, twice)),
        Arguments.of(DOMAIN_ID, null, Map.of(DOMAIN_ID, List.of("a"), "x-domain-id", List.of("a"))),
        Arguments.of(DOMAIN_ID, Map.of(DOMAIN_ID, "a", "x-domain-id", "b"), null),
        Arguments.of(DOMAIN_ID, Map.of(DOMAIN_ID, "a"), Map.of(DOMAIN_ID, List.of("b"))),
        Arguments.of("Idempotency-Key", Map.of(DOMAIN_ID, "a"), Map.of("idempotency-key", twice)));
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", " ", "\t\n"})
  void anIdThatIsAbsentNullOrBlankIsMissing(@Nullable String id) {
    assertEachIdRefused(id, ErrorCode.MISSING_PARAMETER);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "%"})
  void anIdOfMoreThan64CharactersIsTooLong(String character) {
    assertEachIdRefused(character.repeat(65), ErrorCode.PARAMETER_TOO_LONG);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-a", "a b", "a%20b", "ä"})
  void anIdWithAForbiddenCharacterIsInvalid(String id) {
    assertEachIdRefused(id, ErrorCode.INVALID_PARAMETER);
  }

  @Test
  void aBadIdempotencyKeyIsTooLongOrInvalid() {
    String name = "Idempotency-Key";
    assertRefused(with(name, "k".repeat(256)), Refused.naming(name, ErrorCode.PARAMETER_TOO_LONG));
    for (String key : List.of("", " ", "a b", "ä", "\u0000")) {
      assertRefused(with(name, key), Refused.naming(name, ErrorCode.INVALID_PARAMETER));
    }
  }

  @ParameterizedTest
  @MethodSource
  void anyJsonObjectWithAGroupIdIsAccepted(String body) throws BadRequestException {
    assertEquals(request("group", null), read(event("").withBody(body)));
    assertEquals(request("group", null), read(inBase64(body)));
  }

  static Stream<String> anyJsonObjectWithAGroupIdIsAccepted() {
    String number = "9".repeat(3000);
    String lists = "[".repeat(1500) + "]".repeat(1500);
    return Stream.of(
        "\uFEFF" + OK, // a byte order mark
        "\n\t " + OK + " \r\n",
        OK + " ".repeat(4096 - OK.length()),
        "{\"group\\u005fid\":\"gr\\u006fup\"}",
        "{\"a\":null,\"b\":[1,{\"c\":true}],\"group_id\":\"group\",\"d\":1e999}",
        "{\"n\":" + number + ",\"group_id\":\"group\"}",
        "{\"n\":" + lists + ",\"group_id\":\"group\"}");
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", " \r\n\t"})
  void aBodyThatIsAbsentOrBlankIsMissing(@Nullable String body) {
    assertBodyRefused(body, Refused.naming("body", ErrorCode.MISSING_PARAMETER));
  }

  @ParameterizedTest
  @MethodSource
  void aBodyOfMoreThan4096BytesIsTooLong(String body) {
    assertBodyRefused(body, Refused.naming("body", ErrorCode.PARAMETER_TOO_LONG));
  }

  static Stream<String> aBodyOfMoreThan4096BytesIsTooLong() {
    return Stream.of(
        OK + " ".repeat(4097 - OK.length()),
        OK.replace("}", ",\"name\":\"" + "ä".repeat(2040) + "\"}"),
        "x".repeat(1 << 20));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "null",
        "\"group\"",
        "[{\"group_id\":\"group\"}]",
        "{\"group_id\":\"group\",}",
        "{'group_id':'group'}",
        "{group_id:\"group\"}",
        "{\"group_id\":\"group\"}{}",
        "{\"group_id\":\"group\"}]",
        "{\"group_id\":\"a\",\"group\\u005fid\":\"b\"}",
        "{\"n\":{\"a\":1,\"a\":2},\"group_id\":\"group\"}",
        "{\"group_id\":\"gr\noup\"}",
        "{\"group_id\":NaN}",
        "{\"group_id\":\"group\"} // comment",
        "\uFEFF\uFEFF{\"group_id\":\"group\"}"
      })
  void aBodyThatIsNotOneJsonObjectIsMalformed(String body) {
    assertBodyRefused(body, Refused.with(ErrorCode.MALFORMED_BODY));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"group_id\":\"group\"}", // not base64
        "eyJncm91cF9pZCI6Imdyb3VwIn0=x",
        "eyJncm91\ncF9pZCI6Imdyb3VwIn0=", // a line feed, as in MIME
        "e",
        "_w==", // the URL alphabet
        "/w==" // base64 of bytes that are not UTF-8
      })
  void aBase64BodyThatCannotBeDecodedIsMalformed(String body) {
    assertRefused(
        event("group").withBody(body).withIsBase64Encoded(true),
        Refused.with(ErrorCode.MALFORMED_BODY));
  }

  /** A valid event, but with this path parameter, header or field of the body. */
  static APIGatewayProxyRequestEvent with(String name, @Nullable String value) {
    APIGatewayProxyRequestEvent event = event("group");
    if (name.equals("group_id")) {
      return event.withBody(new JsonMapper().createObjectNode().put(name, value).toString());
    }
    Map<String, @Nullable String> path = new HashMap<>(event.getPathParameters());
    Map<String, @Nullable String> headers = new HashMap<>(event.getHeaders());
    (path.containsKey(name) ? path : headers).put(name, value);
    return event.withPathParameters(path).withHeaders(headers);
  }

  static ReserveRequest read(APIGatewayProxyRequestEvent event) throws BadRequestException {
    return RequestReader.read(GatewayRequest.of(event, "invocation"));
  }

  private static APIGatewayProxyRequestEvent withHeaders(
      @Nullable Map<String, String> headers, @Nullable Map<String, List<String>> multiple) {
    return event("group").withHeaders(headers).withMultiValueHeaders(multiple);
  }

  private static APIGatewayProxyRequestEvent inBase64(String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return event("").withBody(Base64.getEncoder().encodeToString(bytes)).withIsBase64Encoded(true);
  }

  private static void assertEachIdRefused(@Nullable String id, ErrorCode error) {
    for (String name : List.of("project_id", "instance_id", DOMAIN_ID, "group_id")) {
      assertRefused(with(name, id), Refused.naming(name, error));
    }
  }

  private static void assertBodyRefused(@Nullable String body, Refused expected) {
    assertRefused(event("").withBody(body), expected);
    if (body != null) {
      assertRefused(inBase64(body), expected);
    }
  }

  private static void assertRefused(APIGatewayProxyRequestEvent event, Refused expected) {
    BadRequestException e = assertThrows(BadRequestException.class, () -> read(event));
    assertEquals(expected, e.response());
  }
}
