package dev.marketreserve.chaos;

import static dev.marketreserve.reservation.Requests.reservation;
import static dev.marketreserve.reservation.Requests.rivals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.ReserveHandler;
import dev.marketreserve.http.ProxySerializer;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.local.LocalContext;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Sends random payloads. Each one that is JSON gets a response that the contract allows and one
 * line in the log. As in Lambda, the bytes pass through the function's serializer, the function,
 * and the serializer again.
 *
 * <p>{@code -Dfuzz.events} makes the run longer, {@code -Dfuzz.seed} repeats one. Each payload has
 * its own seed, and the stores keep nothing, so a single payload can be repeated.
 */
class FuzzIT {

  private static final long EVENTS = Long.getLong("fuzz.events", 30_000);
  private static final long SEED =
      Long.getLong("fuzz.seed", ThreadLocalRandom.current().nextLong());

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /** Everything that the function may return: status, error code and message. */
  private static final Map<String, Pattern> MESSAGES =
      Map.of(
          "201", Pattern.compile(""),
          "400 APIG.2000", Pattern.compile("The request body is not one JSON object in UTF-8\\."),
          "400 APIG.2001", aboutAParameter("Missing parameter"),
          "400 APIG.2006", aboutAParameter("Parameter value too long"),
          "400 APIG.2012", aboutAParameter("Invalid parameter value"),
          "403 APIG.1136", Pattern.compile("No permission on this instance\\."),
          "409 APIG.3402", Pattern.compile("The API group has been purchased already\\."),
          "500 APIG.9008", Pattern.compile("Too many requests\\. Try again later\\."),
          "500 APIG.9999", Pattern.compile("System error\\."));

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}");
  private static final Pattern HEADER_VALUE = Pattern.compile("[!-~]{1,128}");

  private final ProxySerializer serializer = new ProxySerializer();
  private final Set<String> answers = ConcurrentHashMap.newKeySet();
  private final ReserveHandler function =
      Caller.function(
          (tenant, deadline) ->
              switch (tenant.instanceId().canonical()) {
                case "broken" -> throw new IllegalStateException("secret");
                case "foreign" -> false;
                default -> true;
              },
          (wanted, deadline) ->
              switch (wanted.request().groupId().canonical()) {
                case "throttled" ->
                    throw new UnknownOutcomeException("secret", true, new RuntimeException());
                case "lost" -> throw new UnknownOutcomeException("secret");
                case "held" -> reservation(wanted.request());
                case "held-by-another" -> reservation(rivals(wanted.request()));
                default -> wanted;
              });

  @Test
  @Timeout(value = 3, unit = TimeUnit.HOURS)
  void everyJsonPayloadGetsAResponseThatTheContractAllows() {
    System.out.printf(Locale.ROOT, "Fuzzing: -Dfuzz.seed=%d -Dfuzz.events=%d%n", SEED, EVENTS);
    LongStream.range(0, EVENTS).parallel().map(i -> SEED + i).forEach(this::assertAnswered);
    assertTrue(
        EVENTS < 10_000 || answers.equals(MESSAGES.keySet()),
        () -> "Not every kind of response occurred: " + new TreeSet<>(answers));
  }

  private void assertAnswered(long seed) {
    byte[] payload = new Payload(new SplittableRandom(seed)).next();
    try {
      assertAnswered(payload);
    } catch (Throwable e) {
      throw new AssertionError(
          "Repeat with -Dfuzz.seed=" + seed + " -Dfuzz.events=1: " + Payload.toString(payload), e);
    }
  }

  private void assertAnswered(byte[] payload) throws IOException {
    APIGatewayProxyRequestEvent event;
    try {
      event =
          serializer.fromJson(new ByteArrayInputStream(payload), APIGatewayProxyRequestEvent.class);
    } catch (UncheckedIOException e) {
      assertThrows(JsonProcessingException.class, () -> JSON.readTree(payload));
      return;
    }
    String requestId = requestId(event);
    List<String> log = new ArrayList<>();
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    serializer.toJson(
        function.handleRequest(
            event, new LocalContext("aws-request", Duration.ofSeconds(10), log::add)),
        output,
        APIGatewayProxyResponseEvent.class);

    ReceivedResponse response = response(output.toString(StandardCharsets.UTF_8));
    assertHeaders(requestId, response);
    assertBody(requestId, response);
    assertLogged(requestId, response, log);
    answers.add(response.summary());
  }

  private static ReceivedResponse response(String payload) throws IOException {
    JsonNode response = JSON.readTree(payload);
    assertEquals(Set.of("statusCode", "headers", "body", "isBase64Encoded"), names(response));
    assertTrue(response.get("statusCode").isInt(), payload);
    assertTrue(response.get("isBase64Encoded").isBoolean(), payload);
    assertFalse(response.get("isBase64Encoded").booleanValue(), payload);
    return ReceivedResponse.of(payload, Duration.ZERO);
  }

  private static void assertHeaders(String requestId, ReceivedResponse response) {
    Set<String> names = new TreeSet<>(response.headers().keySet());
    if (response.status() == 201) {
      names.remove("Idempotent-Replayed");
    }
    assertEquals(Set.of("Content-Type", "X-Request-Id"), names);
    assertEquals("application/json", response.headers().get("Content-Type"));
    assertEquals(requestId, response.headers().get("X-Request-Id"));
  }

  private static void assertBody(String requestId, ReceivedResponse response) {
    JsonNode body = response.body();
    Pattern message = MESSAGES.get(response.summary());
    assertTrue(message != null, response::toString);
    Set<String> names = names(body);
    if (response.status() == 201) {
      assertEquals(Set.of("group_id", "purchase_id"), names);
      assertTrue(ID.matcher(body.get("group_id").textValue()).matches(), response::toString);
    } else {
      if (response.status() == 409) {
        names.remove("purchase_id");
      }
      assertEquals(Set.of("error_code", "error_msg", "request_id"), names);
      assertEquals(requestId, body.get("request_id").textValue());
      assertTrue(message.matcher(body.get("error_msg").textValue()).matches(), response::toString);
    }
    if (body.has("purchase_id")) {
      String purchaseId = body.get("purchase_id").textValue();
      assertEquals(UUID.fromString(purchaseId).toString(), purchaseId);
    }
  }

  private static void assertLogged(String requestId, ReceivedResponse response, List<String> log)
      throws IOException {
    assertEquals(1, log.size(), log::toString);
    String line = log.getFirst();
    assertEquals(line.length() - 1, line.indexOf('\n'), line);
    assertTrue(line.chars().allMatch(c -> c == '\n' || (c >= ' ' && c <= '~')), line);
    JsonNode logged = JSON.readTree(line);
    assertEquals(response.status(), logged.get("status").intValue());
    assertEquals(response.errorCode(), logged.path("error_code").asText());
    assertEquals(requestId, logged.get("request_id").textValue());
  }

  /** The gateway's request id if it fits into a header, otherwise Lambda's. */
  private static String requestId(APIGatewayProxyRequestEvent event) {
    @Nullable String requestId = event.getRequestContext().getRequestId();
    return requestId != null && HEADER_VALUE.matcher(requestId).matches()
        ? requestId
        : "aws-request";
  }

  private static Set<String> names(JsonNode object) {
    Set<String> names = new TreeSet<>();
    object.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static Pattern aboutAParameter(String message) {
    return Pattern.compile(
        message
            + ",parameterName:"
            + "(project_id|instance_id|X-Domain-Id|Idempotency-Key|group_id|body)\\.");
  }
}
