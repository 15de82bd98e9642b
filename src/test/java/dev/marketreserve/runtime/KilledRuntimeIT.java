package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.marketreserve.Events;
import dev.marketreserve.chaos.Fault;
import dev.marketreserve.chaos.Fault.Symptom;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.runtime.Completion.Failed;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The packaged function, killed after its write and before its response. */
@RuntimeTest
class KilledRuntimeIT {

  @Test
  void aRetryWithTheKeyReturnsThePurchaseIdThatWasWritten(Tables tables) {
    PackagedFunction.registerTenant(tables);
    JsonNode event = Events.load("reserve-with-idempotency-key");
    try (FaultyDynamoDb dynamoDb =
            FaultyDynamoDb.start(
                tables.endpoint(),
                call -> call.isWrite() ? Fault.after(Symptom.LATE) : Fault.NONE);
        PackagedFunction killed =
            PackagedFunction.start(PackagedFunction.environment(tables, dynamoDb))) {
      CompletableFuture<Completion> invocation =
          CompletableFuture.supplyAsync(() -> killed.invoke(event.toString()));
      Deadline patience = Deadline.in(Duration.ofSeconds(30));
      while (tables.reservations().isEmpty()) {
        assertTrue(patience.remaining().isPositive(), "The function wrote nothing");
      }
      killed.runtime().kill();
      Failed failed = assertInstanceOf(Failed.class, invocation.join());
      assertEquals("Runtime.ExitError", failed.type());
    }
    List<Map<String, String>> stored = tables.reservations();
    assertEquals(1, stored.size());

    try (PackagedFunction function = PackagedFunction.start(PackagedFunction.environment(tables))) {
      ReceivedResponse response = function.send(event);

      assertEquals(201, response.status());
      assertEquals(stored.getFirst().get("purchase_id"), response.purchaseId());
      assertTrue(response.replayed());
      assertEquals(stored, tables.reservations());
    }
  }
}
