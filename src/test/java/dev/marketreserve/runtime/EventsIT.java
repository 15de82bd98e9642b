package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.runtime.PackagedFunction.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The events of {@code events/}, sent to the packaged function. */
@RuntimeTest
class EventsIT {

  /** Event, what was sent before it if anything, status, and error code or reserved group. */
  private static final String ANSWERS =
      """
      already-reserved.json,             reserve.json, 409, APIG.3402
      foreign-instance.json,             ,             403, APIG.1136
      group-id-not-a-string.json,        ,             400, APIG.2012
      group-id-too-long.json,            ,             400, APIG.2006
      malformed-body.json,               ,             400, APIG.2000
      missing-domain.json,               ,             400, APIG.2001
      missing-group-id.json,             ,             400, APIG.2001
      repeated-domain.json,              ,             400, APIG.2012
      reserve-base64-body.json,          ,             201, 9d0c1e2f-3a4b-4c5d-8e6f-7a8b9c0d1e2f
      reserve-lower-case-headers.json,   ,             201, c4d5e6f7a8b94c0d8e1f2a3b4c5d6e7f
      reserve-with-idempotency-key.json, ,             201, 2b1f6f9e-7c53-4d0a-9a1e-6f0c8d5b4a31
      reserve.json,                      ,             201, 73c58022-f20d-495a-a188-85d718647f09
      """;

  @AutoClose private static PackagedFunction function;

  @BeforeAll
  static void start(Tables tables) {
    PackagedFunction.registerOwner(tables);
    function = PackagedFunction.start(PackagedFunction.environment(tables));
  }

  @BeforeEach
  void emptyTheTable(Tables tables) {
    tables.clearReservations();
  }

  @ParameterizedTest
  @CsvSource(textBlock = ANSWERS)
  void anEventGetsTheAnswerOfTheContract(
      String name, @Nullable String before, int status, String codeOrGroup, Tables tables) {
    if (before != null) {
      function.send(PackagedFunction.event(before));
    }
    int reservedBefore = tables.reservations().size();
    JsonNode event = PackagedFunction.event(name);

    Response response = function.send(event);

    assertEquals(status, response.status(), response::toString);
    assertEquals("application/json", response.headers().get("Content-Type").asText());
    assertEquals(event.at("/requestContext/requestId"), response.headers().get("X-Request-Id"));
    assertEquals(
        codeOrGroup, response.body().get(status == 201 ? "group_id" : "error_code").asText());
    assertEquals(reservedBefore + (status == 201 ? 1 : 0), tables.reservations().size());
  }

  @Test
  void theAnswerToAReservationCarriesTheStoredPurchase(Tables tables) {
    Response response = function.send(PackagedFunction.event("reserve.json"));

    assertEquals(
        tables.reservation("73c58022-f20d-495a-a188-85d718647f09").get("purchase_id"),
        response.purchaseId());
  }

  @Test
  void everyEventIsSent() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("events"))) {
      List<String> events =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> !name.equals("env.json"))
              .sorted()
              .toList();
      assertEquals(events, ANSWERS.lines().map(line -> line.split(",", 2)[0]).toList());
    }
  }
}
