package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.marketreserve.Events;
import dev.marketreserve.chaos.Fault;
import dev.marketreserve.chaos.Fault.Symptom;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.chaos.FaultyDynamoDb.Call;
import dev.marketreserve.dynamodb.Tables;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The packaged function's operations, over TLS to a proxy that checks their signatures. */
@RuntimeTest
class CallsIT {

  private static final List<String> CALLS = new CopyOnWriteArrayList<>();
  private static volatile Function<Call, Fault> faults = call -> Fault.NONE;

  @AutoClose private static FaultyDynamoDb dynamoDb;
  @AutoClose private static PackagedFunction function;

  @BeforeAll
  static void start(Tables tables) {
    dynamoDb =
        FaultyDynamoDb.start(
            tables.endpoint(),
            call -> {
              CALLS.add(call.operation() + " " + call.attempt());
              return faults.apply(call);
            });
    function = PackagedFunction.start(PackagedFunction.environment(tables, dynamoDb));
    function.reserve();
  }

  @BeforeEach
  void forget(Tables tables) {
    faults = call -> Fault.NONE;
    tables.clearReservations();
    CALLS.clear();
  }

  @ParameterizedTest
  @CsvSource({
    "reserve, 201, 409 APIG.3402, GetItem 1/PutItem 1",
    "reserve-with-idempotency-key, 201, 201, GetItem 1/PutItem 1",
    "foreign-instance, 403 APIG.1136, 403 APIG.1136, GetItem 1",
    "malformed-body, 400 APIG.2000, 400 APIG.2000, ''"
  })
  void everyOutcomeTakesAtMostTwoOperations(
      String event, String first, String second, String calls) {
    for (String expected : List.of(first, second)) {
      CALLS.clear();
      assertEquals(expected, function.send(Events.load(event)).summary());
      assertEquals(calls, String.join("/", CALLS));
    }
  }

  @Test
  void everyAttemptArrivesCorrectlySigned() {
    faults =
        call ->
            switch (CALLS.size()) {
              case 2 -> Fault.before(Symptom.CLOSED);
              case 3 -> Fault.after(Symptom.HTTP_503);
              default -> Fault.NONE;
            };
    assertEquals("201", function.reserve().summary());
    assertEquals(List.of("GetItem 1", "PutItem 1", "PutItem 2", "PutItem 3"), CALLS);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a500IsReturnedBeforeLambdaEndsTheInvocation(boolean write) {
    faults = call -> call.isWrite() == write ? Fault.after(Symptom.LATE) : Fault.NONE;
    Duration timeLeft = Duration.ofMillis(1500);
    String event = Events.load("reserve").toString();
    assertEquals("500 APIG.9999", function.send(event, timeLeft).summary());
    dynamoDb.awaitQuiet();
  }
}
