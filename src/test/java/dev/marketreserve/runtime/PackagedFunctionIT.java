package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.Events;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.http.ReserveContract;
import dev.marketreserve.runtime.Completion.Failed;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract, the events of {@code events/}, and payloads that no gateway would send. */
@RuntimeTest
class PackagedFunctionIT extends ReserveContract {

  private static final Map<String, String> RESPONSES =
      Map.of(
          "foreign-instance", "403 APIG.1136",
          "malformed-body", "400 APIG.2000",
          "repeated-domain", "400 APIG.2012",
          "reserve", "201",
          "reserve-with-idempotency-key", "201");

  private static final int MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

  private static final String SQS_EVENT =
      """
      {"Records": [{"eventSource": "aws:sqs", "body": "{\\"group_id\\": \\"group\\"}"}]}\
      """;
  private static final String HTTP_API_EVENT =
      """
      {"version": "2.0", "headers": {"x-domain-id": "d1,d2"}, "body": "{\\"group_id\\": \\"group\\"}"}\
      """;

  @AutoClose private static PackagedFunction function;

  private final Tables tables;

  PackagedFunctionIT(Tables tables) {
    this.tables = tables;
  }

  @BeforeAll
  static void start(Tables tables) {
    function = PackagedFunction.start(PackagedFunction.environment(tables));
  }

  @Override
  protected Tables tables() {
    return tables;
  }

  @Override
  protected ReceivedResponse send(TenantIds tenant, @Nullable String idempotencyKey, String body) {
    ObjectNode event = Events.load("reserve").put("body", body);
    ObjectNode headers = event.putObject("headers").put("X-Domain-Id", tenant.domainId());
    if (idempotencyKey != null) {
      headers.put("Idempotency-Key", idempotencyKey);
    }
    event.putNull("multiValueHeaders");
    event
        .putObject("pathParameters")
        .put("project_id", tenant.projectId())
        .put("instance_id", tenant.instanceId());
    return function.send(event);
  }

  @ParameterizedTest
  @MethodSource("dev.marketreserve.Events#names")
  void everyEventGetsItsExpectedResponse(String name) {
    tables.clearReservations();
    JsonNode event = Events.load(name);

    ReceivedResponse response = function.send(event);

    assertEquals(RESPONSES.get(name), response.summary());
    assertEquals("application/json", response.headers().get("Content-Type"));
    assertEquals(
        event.at("/requestContext/requestId").asText(), response.headers().get("X-Request-Id"));
    List<String> stored =
        tables.reservations().stream().map(item -> item.getOrDefault("purchase_id", "")).toList();
    String returned = response.purchaseId();
    assertEquals(returned.isEmpty() ? List.of() : List.of(returned), stored);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "7",
        "\"text\"",
        "[]",
        "{}",
        "{\"headers\": 7}",
        SQS_EVENT,
        HTTP_API_EVENT
      })
  void jsonThatIsNotAProxyEventIsABadRequest(String payload) {
    assertEquals("400 APIG.2001", function.send(payload).summary());
    assertTheNextRequestSucceeds();
  }

  @Test
  void theLargestPayloadThatLambdaAcceptsIsABadRequest() {
    ObjectNode event = Events.load("reserve").put("body", "");
    int room = MAX_PAYLOAD_BYTES - event.toString().length();

    event.put("body", "g".repeat(room));
    assertEquals("400 APIG.2006", function.send(event).summary());
    assertTheNextRequestSucceeds();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "no JSON"})
  void invalidJsonIsARuntimeError(String payload) {
    Failed failed = assertInstanceOf(Failed.class, function.invoke(payload));
    assertEquals("Runtime.UserException", failed.type());
    assertTheNextRequestSucceeds();
  }

  private static void assertTheNextRequestSucceeds() {
    assertEquals("201", function.reserve().summary());
  }
}
