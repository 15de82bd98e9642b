package dev.marketreserve.http;

import static dev.marketreserve.Events.event;
import static dev.marketreserve.reservation.Requests.id;
import static dev.marketreserve.reservation.Requests.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import dev.marketreserve.http.Response.Refused;
import dev.marketreserve.reservation.Requests;
import dev.marketreserve.reservation.ReserveRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestReaderTest {

  private static final String OK = "{\"group_id\":\"group\"}";

  @Test
  void aRequestIsReadFromPathHeadersAndBody() throws BadRequestException {
    APIGatewayProxyRequestEvent event =
        event("group").withHeaders(Map.of("X-Domain-Id", "domain", "Idempotency-Key", "key"));
    assertEquals(request("group", "key"), read(event));
  }

  @Test
  void aGroupIdKeepsTheSpellingOfTheCaller() throws BadRequestException {
    ReserveRequest read = read(event("73C58022F20D495AA18885D718647F09"));
    assertEquals("73C58022F20D495AA18885D718647F09", read.groupId().written());
    assertEquals(id("73c58022-f20d-495a-a188-85d718647f09"), read.groupId());
  }

  @ParameterizedTest
  @MethodSource
  void anEventIsAcceptedWith(String what, Consumer<APIGatewayProxyRequestEvent> change)
      throws BadRequestException {
    APIGatewayProxyRequestEvent event = event("group");
    change.accept(event);
    assertEquals(request("group", null), read(event));
  }

  static Stream<Arguments> anEventIsAcceptedWith() {
    return Stream.of(
        accepted("headers in lower case", e -> e.setHeaders(Map.of("x-domain-id", "domain"))),
        accepted("headers in upper case", e -> e.setHeaders(Map.of("X-DOMAIN-ID", "domain"))),
        accepted(
            "only multi-value headers",
            e ->
                e.withHeaders(null).setMultiValueHeaders(Map.of("x-domain-id", List.of("domain")))),
        accepted(
            "both kinds of headers",
            e -> e.setMultiValueHeaders(Map.of("X-Domain-Id", List.of("domain")))),
        accepted(
            "other headers with null or several values",
            e -> {
              Map<@Nullable String, @Nullable List<String>> headers = new HashMap<>();
              headers.put("Accept", List.of("a", "b"));
              headers.put("Idempotency-Key", null);
              headers.put(null, List.of());
              e.setMultiValueHeaders(headers);
            }),
        accepted(
            "a null idempotency key",
            e -> {
              Map<String, @Nullable String> headers = new HashMap<>(e.getHeaders());
              headers.put("Idempotency-Key", null);
              e.setHeaders(headers);
            }),
        accepted(
            "a list with a null idempotency key",
            e ->
                e.setMultiValueHeaders(Map.of("Idempotency-Key", Collections.singletonList(null)))),
        accepted("isBase64Encoded false", e -> e.setIsBase64Encoded(false)),
        accepted("isBase64Encoded null", e -> e.setIsBase64Encoded(null)),
        accepted("base64", e -> base64(e, OK)),
        accepted("a byte order mark", e -> e.setBody("\uFEFF" + OK)),
        accepted("a byte order mark in base64", e -> base64(e, "\uFEFF" + OK)),
        accepted(
            "unknown fields of every kind",
            e ->
                e.setBody(
                    "{\"a\":null,\"b\":[1,{\"c\":true}],\"group_id\":\"group\",\"d\":1e999}")),
        accepted("white space around the body", e -> e.setBody("\n\t " + OK + " \r\n")),
        accepted("an escaped name", e -> e.setBody("{\"group\\u005fid\":\"gr\\u006fup\"}")),
        accepted("a body of 4096 bytes", e -> e.setBody(OK + " ".repeat(4096 - OK.length()))),
        accepted(
            "a base64 body of 4096 bytes", e -> base64(e, OK + " ".repeat(4096 - OK.length()))),
        accepted(
            "a number of 3,000 digits",
            e -> e.setBody("{\"n\":" + "9".repeat(3000) + ",\"group_id\":\"group\"}")),
        accepted(
            "lists 1,500 deep",
            e ->
                e.setBody(
                    "{\"n\":" + "[".repeat(1500) + "]".repeat(1500) + ",\"group_id\":\"group\"}")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"!", "~", "a,b;c=\"d\"", "a%20"})
  void anIdempotencyKeyIsVisibleAscii(String key) throws BadRequestException {
    assertEquals(Requests.key(key), read(withKey(key)).idempotencyKey());
  }

  @Test
  void anIdempotencyKeyHasAtMost255Characters() throws BadRequestException {
    String longest = "k".repeat(255);
    assertEquals(Requests.key(longest), read(withKey(longest)).idempotencyKey());
    assertRefused(withKey(longest + "k"), ErrorCode.PARAMETER_TOO_LONG, "Idempotency-Key");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", " a", "a ", "a\tb", "a\u007f", "ä", "a\nb", "\u0000"})
  void anIdempotencyKeyWithOtherCharactersIsInvalid(String key) {
    assertRefused(withKey(key), ErrorCode.INVALID_PARAMETER, "Idempotency-Key");
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", " ", "\t", "\n"})
  void anIdThatIsAbsentNullOrBlankIsMissing(@Nullable String id) {
    assertEachIdRefused(id, ErrorCode.MISSING_PARAMETER);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "01234567890123456789012345678901234567890123456789012345678901234",
        "%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%%"
      })
  void anIdOfMoreThan64CharactersIsTooLong(String id) {
    assertEachIdRefused(id, ErrorCode.PARAMETER_TOO_LONG);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-a", "_a", "a b", "a%20b", "a/b", "a,b", "ä", "a'", "../a", "{a}"})
  void anIdWithAForbiddenCharacterIsInvalid(String id) {
    assertEachIdRefused(id, ErrorCode.INVALID_PARAMETER);
  }

  @ParameterizedTest
  @MethodSource
  void aRepeatedHeaderIsInvalid(
      String header,
      @Nullable Map<String, String> headers,
      @Nullable Map<String, List<String>> multiple) {
    assertRefused(
        event("group").withHeaders(headers).withMultiValueHeaders(multiple),
        ErrorCode.INVALID_PARAMETER,
        header);
  }

  static Stream<Arguments> aRepeatedHeaderIsInvalid() {
    String domain = "X-Domain-Id";
    Map<String, List<String>> one = Map.of(domain, List.of("domain"));
    return Stream.of(
        Arguments.of(domain, Map.of(domain, "b"), Map.of(domain, List.of("a", "b"))),
        Arguments.of(domain, Map.of(domain, "a"), Map.of(domain, List.of("a", "a"))),
        Arguments.of(domain, null, Map.of(domain, List.of("a"), "x-domain-id", List.of("a"))),
        Arguments.of(domain, Map.of(domain, "a", "x-domain-id", "b"), null),
        Arguments.of(domain, Map.of(domain, "other"), one),
        Arguments.of(
            "Idempotency-Key",
            Map.of(),
            Map.of(domain, List.of("domain"), "idempotency-key", List.of("k", "k"))));
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = {"", " ", "\r\n\t"})
  void aBodyThatIsAbsentOrBlankIsMissing(@Nullable String body) {
    assertRefused(event("group").withBody(body), ErrorCode.MISSING_PARAMETER, "body");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "IA=="})
  void aBase64BodyThatIsBlankIsMissing(String base64) {
    assertRefused(
        event("group").withBody(base64).withIsBase64Encoded(true),
        ErrorCode.MISSING_PARAMETER,
        "body");
  }

  @ParameterizedTest
  @MethodSource
  void aBodyOfMoreThan4096BytesIsTooLong(String body) {
    assertRefused(event("group").withBody(body), ErrorCode.PARAMETER_TOO_LONG, "body");
    APIGatewayProxyRequestEvent encoded = event("group");
    base64(encoded, body);
    assertRefused(encoded, ErrorCode.PARAMETER_TOO_LONG, "body");
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
        "}",
        "null",
        "true",
        "7",
        "\"group\"",
        "[]",
        "[{\"group_id\":\"group\"}]",
        "{\"group_id\":\"group\"",
        "{\"group_id\":\"group\",}",
        "{'group_id':'group'}",
        "{group_id:\"group\"}",
        "{\"group_id\":\"group\"} x",
        "{\"group_id\":\"group\"}{}",
        "{\"group_id\":\"group\"} null",
        "{\"group_id\":\"group\"}]",
        "{\"group_id\":\"a\",\"group_id\":\"a\"}",
        "{\"group_id\":\"a\",\"group\\u005fid\":\"b\"}",
        "{\"a\":1,\"a\":2,\"group_id\":\"group\"}",
        "{\"n\":{\"a\":1,\"a\":2},\"group_id\":\"group\"}",
        "{\"group_id\":\"gr\noup\"}",
        "{\"group_id\":NaN}",
        "{\"group_id\":\"group\"} // comment",
        "\uFEFF\uFEFF{\"group_id\":\"group\"}",
        "group_id=group",
        "<group_id>group</group_id>"
      })
  void aBodyThatIsNotOneJsonObjectIsMalformed(String body) {
    assertRefused(event("group").withBody(body), Refused.with(ErrorCode.MALFORMED_BODY));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"group_id\":\"group\"}", // not base64
        "eyJncm91cF9pZCI6Imdyb3VwIn0=x",
        "e",
        "_w==", // the URL alphabet
        "/w==" // base64 of what is not UTF-8
      })
  void aBase64BodyThatCannotBeDecodedIsMalformed(String body) {
    assertRefused(
        event("group").withBody(body).withIsBase64Encoded(true),
        Refused.with(ErrorCode.MALFORMED_BODY));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"group_id\":null}", "{\"GROUP_ID\":\"group\"}"})
  void aBodyWithoutAGroupIdIsMissingAParameter(String body) {
    assertRefused(event("group").withBody(body), ErrorCode.MISSING_PARAMETER, "group_id");
  }

  @ParameterizedTest
  @ValueSource(strings = {"7", "7.5", "true", "[]", "[\"group\"]", "{}", "{\"group_id\":\"g\"}"})
  void aGroupIdThatIsNotAStringIsInvalid(String value) {
    assertRefused(
        event("group").withBody("{\"group_id\":" + value + "}"),
        ErrorCode.INVALID_PARAMETER,
        "group_id");
  }

  @Test
  void anEmptyEventIsMissingTheProject() {
    assertRefused(new APIGatewayProxyRequestEvent(), ErrorCode.MISSING_PARAMETER, "project_id");
  }

  private static void assertEachIdRefused(@Nullable String id, ErrorCode error) {
    assertRefused(
        event("group").withPathParameters(nullable("project_id", id, "instance_id", "instance")),
        error,
        "project_id");
    assertRefused(
        event("group").withPathParameters(nullable("project_id", "project", "instance_id", id)),
        error,
        "instance_id");
    assertRefused(event("group").withHeaders(nullable("X-Domain-Id", id)), error, "X-Domain-Id");
    if (id != null) {
      String escaped = id.replace("\t", "\\t").replace("\n", "\\n");
      assertRefused(event(escaped), error, "group_id");
    }
  }

  private static void assertRefused(
      APIGatewayProxyRequestEvent event, ErrorCode error, String parameter) {
    assertRefused(event, Refused.naming(parameter, error));
  }

  private static void assertRefused(APIGatewayProxyRequestEvent event, Refused expected) {
    BadRequestException e = assertThrows(BadRequestException.class, () -> read(event));
    assertEquals(expected, e.response());
  }

  private static APIGatewayProxyRequestEvent withKey(String key) {
    return event("group").withHeaders(Map.of("X-Domain-Id", "domain", "Idempotency-Key", key));
  }

  private static void base64(APIGatewayProxyRequestEvent event, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    event.withBody(Base64.getEncoder().encodeToString(bytes)).setIsBase64Encoded(true);
  }

  private static Map<String, @Nullable String> nullable(@Nullable String... namesAndValues) {
    Map<String, @Nullable String> map = new HashMap<>();
    List<@Nullable String> list = Arrays.asList(namesAndValues);
    for (int i = 0; i < list.size(); i += 2) {
      map.put(String.valueOf(list.get(i)), list.get(i + 1));
    }
    return map;
  }

  private static Arguments accepted(String what, Consumer<APIGatewayProxyRequestEvent> change) {
    return Arguments.of(what, change);
  }

  private static ReserveRequest read(APIGatewayProxyRequestEvent event) throws BadRequestException {
    return RequestReader.read(GatewayRequest.of(event, "invocation"));
  }
}
