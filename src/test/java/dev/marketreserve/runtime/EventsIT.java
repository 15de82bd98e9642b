package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.marketreserve.Events;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The events of {@code events/}, sent to the packaged function. */
@RuntimeTest
class EventsIT {

  private static final Map<String, String> RESPONSES =
      Map.of(
          "already-reserved", "409 APIG.3402",
          "foreign-instance", "403 APIG.1136",
          "group-id-too-long", "400 APIG.2006",
          "malformed-body", "400 APIG.2000",
          "missing-domain", "400 APIG.2001",
          "repeated-domain", "400 APIG.2012",
          "reserve", "201",
          "reserve-base64-body", "201",
          "reserve-lower-case-headers", "201",
          "reserve-with-idempotency-key", "201");

  @AutoClose private static PackagedFunction function;

  @BeforeAll
  static void start(Tables tables) {
    PackagedFunction.registerTenant(tables);
    function = PackagedFunction.start(PackagedFunction.environment(tables));
  }

  @ParameterizedTest
  @MethodSource("dev.marketreserve.Events#names")
  void everyEventGetsItsExpectedResponse(String name, Tables tables) {
    tables.clearReservations();
    if (name.equals("already-reserved")) {
      assertEquals("201", function.send(Events.load("reserve")).summary());
    }
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
}
