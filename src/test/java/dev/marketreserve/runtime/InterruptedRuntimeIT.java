package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.marketreserve.Events;
import dev.marketreserve.chaos.Fault;
import dev.marketreserve.chaos.Fault.Symptom;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.chaos.Wire;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.runtime.Completion.Failed;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The packaged function, frozen during a call and thawed after its deadline, or killed. */
@RuntimeTest
@Execution(ExecutionMode.CONCURRENT)
class InterruptedRuntimeIT {

  private static final Duration HANDSHAKE_BEGUN = Duration.ofMillis(300);
  private static final Duration LONGER_THAN_THE_DEADLINE = Duration.ofSeconds(5);

  @Test
  void noAttemptIsSentAfterTheDeadline(Tables tables) throws Exception {
    JsonNode event = event("frozen");
    AtomicInteger writes = new AtomicInteger();
    CompletableFuture<PackagedFunction> started = new CompletableFuture<>();
    CompletableFuture<Boolean> frozen = new CompletableFuture<>();
    try (FaultyDynamoDb dynamoDb =
            FaultyDynamoDb.start(
                tables.endpoint(),
                call -> {
                  if (!call.isWrite() || !started.isDone() || writes.incrementAndGet() > 1) {
                    return Fault.NONE;
                  }
                  started.join().runtime().freeze();
                  frozen.complete(true);
                  return Fault.before(Symptom.HTTP_503);
                });
        PackagedFunction function =
            PackagedFunction.start(PackagedFunction.environment(tables, dynamoDb))) {
      warmUp(function);
      started.complete(function);
      CompletableFuture<ReceivedResponse> response =
          CompletableFuture.supplyAsync(() -> function.send(event));
      frozen.join();
      Thread.sleep(LONGER_THAN_THE_DEADLINE);
      function.runtime().thaw();

      assertEquals("500 APIG.9999", response.join().summary());
      assertEquals(1, writes.get(), "attempts of the write");
      assertEquals(Map.of(), tables.reservation("frozen"));
      assertEquals(201, function.send(event).status(), "the retry after the thaw");
    }
  }

  @Test
  void nothingIsSentOnAConnectionThatOpensAfterTheDeadline(Tables tables) throws Exception {
    JsonNode event = event("late");
    AtomicInteger calls = new AtomicInteger();
    try (FaultyDynamoDb dynamoDb =
            FaultyDynamoDb.start(
                tables.endpoint(),
                call -> {
                  calls.incrementAndGet();
                  return Fault.NONE;
                });
        Wire wire = Wire.to(dynamoDb.endpoint())) {
      Map<String, String> environment = PackagedFunction.environment(tables, dynamoDb);
      environment.put("AWS_ENDPOINT_URL_DYNAMODB", wire.endpoint().toString());
      try (PackagedFunction function = PackagedFunction.start(environment)) {
        assertEquals(Optional.empty(), function.runtime().api().awaitStart());
        wire.stall();
        CompletableFuture<ReceivedResponse> response =
            CompletableFuture.supplyAsync(() -> function.send(event));
        while (wire.connections() == 0) {
          Thread.sleep(1);
        }
        Thread.sleep(HANDSHAKE_BEGUN);
        function.runtime().freeze();
        wire.release();
        Thread.sleep(LONGER_THAN_THE_DEADLINE);
        function.runtime().thaw();

        assertEquals("500 APIG.9999", response.join().summary());
        Thread.sleep(HANDSHAKE_BEGUN);
        assertEquals(0, calls.get(), "attempts after the deadline");
      }
    }
  }

  @Test
  void aRetryAfterAKillReturnsThePurchaseIdThatWasWritten(Tables tables) {
    JsonNode event = event("killed");
    AtomicBoolean warm = new AtomicBoolean();
    try (FaultyDynamoDb dynamoDb =
            FaultyDynamoDb.start(
                tables.endpoint(),
                call -> call.isWrite() && warm.get() ? Fault.after(Symptom.LATE) : Fault.NONE);
        PackagedFunction killed =
            PackagedFunction.start(PackagedFunction.environment(tables, dynamoDb))) {
      warmUp(killed);
      warm.set(true);
      CompletableFuture<Completion> invocation =
          CompletableFuture.supplyAsync(() -> killed.invoke(event.toString()));
      Deadline patience = Deadline.in(Duration.ofSeconds(30));
      while (tables.reservation("killed").isEmpty()) {
        assertTrue(patience.remaining().isPositive(), "The function wrote nothing");
      }
      killed.runtime().kill();
      Failed failed = assertInstanceOf(Failed.class, invocation.join());
      assertEquals("Runtime.ExitError", failed.type());
    }
    Map<String, String> stored = tables.reservation("killed");
    try (PackagedFunction function = PackagedFunction.start(PackagedFunction.environment(tables))) {
      ReceivedResponse response = function.send(event);
      assertEquals("201", response.summary());
      assertEquals(stored.get("purchase_id"), response.purchaseId());
      assertTrue(response.replayed());
      assertEquals(stored, tables.reservation("killed"));
    }
  }

  /** Loads the classes. On a busy machine that can take longer than a call may. */
  private static void warmUp(PackagedFunction function) {
    function.send(event("warm-up"));
  }

  private static JsonNode event(String group) {
    return Events.load("reserve-with-idempotency-key")
        .put("body", "{\"group_id\": \"" + group + "\"}");
  }
}
