package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.Events;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.http.SampleEvent;
import java.io.IOException;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** The events of {@code events/}, sent to the packaged function. */
@RuntimeTest
class EventsIT {

  @AutoClose private static PackagedFunction function;

  @BeforeAll
  static void start(Tables tables) {
    PackagedFunction.registerTenant(tables);
    function = PackagedFunction.start(PackagedFunction.environment(tables));
  }

  @BeforeEach
  void emptyTheTable(Tables tables) {
    tables.clearReservations();
  }

  @ParameterizedTest
  @FieldSource("dev.marketreserve.http.SampleEvent#ALL")
  void everyEventGetsItsExpectedResponse(SampleEvent sample, Tables tables) {
    if (sample.sentBefore() != null) {
      ReceivedResponse first = function.send(PackagedFunction.event(sample.sentBefore() + ".json"));
      assertEquals(201, first.status());
    }
    int reservedBefore = tables.reservations().size();
    JsonNode event = PackagedFunction.event(sample.name() + ".json");

    ReceivedResponse response = function.send(event);

    sample.assertMatches(response);
    assertEquals(
        event.at("/requestContext/requestId").asText(), response.headers().get("X-Request-Id"));
    assertEquals(reservedBefore + (sample.reserves() ? 1 : 0), tables.reservations().size());
  }

  @Test
  void theReturnedPurchaseIdIsTheStoredOne(Tables tables) {
    ReceivedResponse response = function.send(PackagedFunction.event("reserve.json"));

    assertEquals(
        tables.reservation("73c58022-f20d-495a-a188-85d718647f09").get("purchase_id"),
        response.purchaseId());
  }

  @Test
  void everyEventIsSent() throws IOException {
    assertEquals(Events.names(), SampleEvent.ALL.stream().map(SampleEvent::name).toList());
  }
}
