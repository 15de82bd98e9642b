package dev.marketreserve.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent.ProxyRequestContext;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent.RequestIdentity;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.ReserveHandler;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.local.LocalContext;
import dev.marketreserve.reservation.Reservation;
import dev.marketreserve.reservation.ResourceId;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.jspecify.annotations.Nullable;

/**
 * Whatever event comes in, an answer of the contract goes out and one line goes to the log. The
 * stores are in memory, and fail now and then.
 */
class FuzzIT {

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  private static final Set<String> ANSWERS =
      Set.of(
          "201",
          "400 APIG.2000",
          "400 APIG.2001",
          "400 APIG.2006",
          "400 APIG.2012",
          "403 APIG.1136",
          "409 APIG.3402",
          "500 APIG.9008",
          "500 APIG.9999");

  /** What would give away how the function is made. */
  private static final List<String> INTERNALS =
      List.of("xception", "dev.marketreserve", "software.amazon", "java.", "\tat ", "secret");

  private final Map<ResourceId, Reservation> reservations = new ConcurrentHashMap<>();
  private final ReserveHandler function =
      Caller.function(
          (domainId, projectId, instanceId, deadline) -> {
            if (instanceId.canonical().startsWith("broken")) {
              throw new IllegalStateException("secret");
            }
            return !instanceId.canonical().startsWith("foreign");
          },
          (wanted, deadline) -> {
            if (wanted.groupId().canonical().startsWith("throttled")) {
              throw new UnknownOutcomeException("secret", true, new RuntimeException("secret"));
            }
            Reservation earlier = reservations.putIfAbsent(wanted.groupId(), wanted);
            return earlier == null ? wanted : earlier;
          });

  @Property(tries = 5_000, edgeCases = EdgeCasesMode.NONE)
  void anyEventGetsAnAnswerOfTheContract(@ForAll("events") APIGatewayProxyRequestEvent event)
      throws JsonProcessingException {
    List<String> log = new ArrayList<>();
    ReceivedResponse response =
        ReceivedResponse.of(
            function.handleRequest(
                event, new LocalContext("aws-request", Duration.ofSeconds(10), log::add)),
            Duration.ZERO);

    JsonNode body = response.body();
    assertTrue(ANSWERS.contains(response.summary()), response::toString);
    assertEquals("application/json", response.headers().get("Content-Type"));
    String requestId = response.headers().get("X-Request-Id");
    assertEquals(
        event.getRequestContext() == null
            ? "aws-request"
            : event.getRequestContext().getRequestId(),
        requestId);
    if (response.status() == 201) {
      assertEquals(Set.of("group_id", "purchase_id"), names(body));
    } else {
      Set<String> names = names(body);
      if (response.status() == 409) {
        names.remove("purchase_id");
      }
      assertEquals(Set.of("error_code", "error_msg", "request_id"), names);
      assertEquals(requestId, body.get("request_id").textValue());
      INTERNALS.forEach(text -> assertFalse(body.get("error_msg").asText().contains(text), text));
    }

    assertEquals(1, log.size(), log::toString);
    String line = log.getFirst();
    assertEquals(line.length() - 1, line.indexOf('\n'), line);
    assertTrue(line.chars().allMatch(c -> c == '\n' || (c >= ' ' && c <= '~')), line);
    assertEquals(response.status(), JSON.readTree(line).get("status").intValue());
  }

  private static Set<String> names(JsonNode object) {
    return object.properties().stream().map(Map.Entry::getKey).collect(Collectors.toSet());
  }

  /** Events of every kind: nearly valid ones as often as nonsense. */
  @Provide
  Arbitrary<APIGatewayProxyRequestEvent> events() {
    Arbitrary<String> pathNames = mostly(Arbitraries.of("project_id", "instance_id"), texts());
    Arbitrary<String> headerNames =
        mostly(Arbitraries.of("X-Domain-Id", "x-domain-id", "Idempotency-Key"), texts());
    return Combinators.combine(
            Arbitraries.maps(pathNames, nullable(ids())).ofMinSize(1).ofMaxSize(3).injectNull(0.02),
            Arbitraries.maps(headerNames, nullable(ids())).ofMaxSize(3).injectNull(0.02),
            Arbitraries.maps(headerNames, nullable(ids()).list().ofMaxSize(2).injectNull(0.1))
                .ofMaxSize(2)
                .injectNull(0.7),
            nullable(bodies()),
            nullable(Arbitraries.strings().alpha().numeric().ofMinLength(1).ofMaxLength(36)),
            nullable(texts()))
        .as(FuzzIT::event);
  }

  private static APIGatewayProxyRequestEvent event(
      @Nullable Map<String, String> path,
      @Nullable Map<String, String> headers,
      @Nullable Map<String, List<String>> multiValueHeaders,
      @Nullable Body body,
      @Nullable String requestId,
      @Nullable String caller) {
    return new APIGatewayProxyRequestEvent()
        .withPathParameters(path)
        .withHeaders(headers)
        .withMultiValueHeaders(multiValueHeaders)
        .withBody(body == null ? null : body.text)
        .withIsBase64Encoded(body == null ? null : body.base64)
        .withRequestContext(
            requestId == null
                ? null
                : new ProxyRequestContext()
                    .withRequestId(requestId)
                    .withIdentity(new RequestIdentity().withUserArn(caller)));
  }

  private static Arbitrary<Body> bodies() {
    Arbitrary<String> fields =
        Combinators.combine(
                mostly(Arbitraries.just("group_id"), texts()),
                mostly(
                    ids().map(id -> "\"" + id + "\""),
                    Arbitraries.of("null", "1e999", "{}", "[[", "\"\\ud800\"", "")))
            .as((name, value) -> "\"" + name + "\":" + value);
    Arbitrary<String> objects =
        fields.list().ofMinSize(1).ofMaxSize(2).map(all -> "{" + String.join(",", all) + "}");
    Arbitrary<String> bombs =
        Combinators.combine(
                Arbitraries.of("[", "{\"a\":", "1", "\"", "{\"group_id\":"),
                Arbitraries.of(1, 100, 819, 4096, 5000))
            .as(String::repeat);
    Arbitrary<byte[]> bytes = Arbitraries.bytes().array(byte[].class).ofMaxSize(100);
    return Arbitraries.oneOf(
        objects.map(text -> new Body(text, false)),
        objects.map(text -> Body.encoded(text.getBytes(StandardCharsets.UTF_8))),
        Arbitraries.oneOf(texts(), bombs).map(text -> new Body(text, false)),
        bytes.map(Body::encoded),
        texts().map(text -> new Body(text, true)));
  }

  private static Arbitrary<String> ids() {
    return mostly(
        Arbitraries.of(
            "73c58022-f20d-495a-a188-85d718647f09",
            "73C58022F20D495AA18885D718647F09",
            "foreign",
            "broken",
            "throttled",
            "another_id"),
        Arbitraries.oneOf(texts(), Arbitraries.strings().ofMinLength(60).ofMaxLength(300).alpha()));
  }

  private static Arbitrary<String> texts() {
    return Arbitraries.oneOf(
        Arbitraries.strings().all().ofMaxLength(40),
        Arbitraries.of("", " ", "\n{\"status\":201}\n", "%2e%2e", "\u2028", "\ud800", "\u0000"));
  }

  private static Arbitrary<String> mostly(Arbitrary<String> usual, Arbitrary<String> unusual) {
    return Arbitraries.frequencyOf(Tuple.of(9, usual), Tuple.of(1, unusual));
  }

  private static <T> Arbitrary<T> nullable(Arbitrary<T> values) {
    return values.injectNull(0.02);
  }

  /** A body as API Gateway passes it. */
  private record Body(String text, boolean base64) {

    static Body encoded(byte[] bytes) {
      return new Body(Base64.getEncoder().encodeToString(bytes), true);
    }
  }
}
