package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.marketreserve.Events;
import dev.marketreserve.chaos.Fault;
import dev.marketreserve.chaos.Fault.Symptom;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.chaos.Wire;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** The packaged function, frozen during a write and thawed after its deadline. */
@RuntimeTest
class FrozenRuntimeIT {

  private static final Duration HANDSHAKE_BEGUN = Duration.ofMillis(300);
  private static final Duration LONGER_THAN_THE_DEADLINE = Duration.ofSeconds(5);

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void noAttemptIsSentAfterTheDeadline(Tables tables) throws Exception {
    PackagedFunction.registerTenant(tables);
    JsonNode event = Events.load("reserve-with-idempotency-key");
    AtomicInteger writes = new AtomicInteger();
    CompletableFuture<PackagedFunction> started = new CompletableFuture<>();
    CompletableFuture<Boolean> frozen = new CompletableFuture<>();
    try (FaultyDynamoDb dynamoDb =
            FaultyDynamoDb.start(
                tables.endpoint(),
                call -> {
                  if (!call.isWrite() || writes.incrementAndGet() > 1) {
                    return Fault.NONE;
                  }
                  started.join().runtime().freeze();
                  frozen.complete(true);
                  return Fault.before(Symptom.HTTP_503);
                });
        PackagedFunction function =
            PackagedFunction.start(PackagedFunction.environment(tables, dynamoDb))) {
      started.complete(function);
      CompletableFuture<ReceivedResponse> response =
          CompletableFuture.supplyAsync(() -> function.send(event));
      frozen.join();
      Thread.sleep(LONGER_THAN_THE_DEADLINE);
      function.runtime().thaw();

      assertEquals("500 APIG.9999", response.join().summary());
      assertEquals(1, writes.get(), "attempts of the write");
      assertEquals(List.of(), tables.reservations());
      assertEquals(201, function.send(event).status(), "the retry after the thaw");
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void aRequestWhoseConnectionComesAfterTheDeadlineIsNotSent(Tables tables) throws Exception {
    PackagedFunction.registerTenant(tables);
    JsonNode event = Events.load("reserve");
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
        assertEquals(0, calls.get(), "calls after the deadline");
      }
    }
  }
}
