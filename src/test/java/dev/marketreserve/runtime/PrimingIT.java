package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.Settings;
import dev.marketreserve.chaos.Fault;
import dev.marketreserve.chaos.Fault.Symptom;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.dynamodb.Tables;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The packaged function before a snapshot: a lasting fault prevents the snapshot, a temporary one
 * does not.
 */
@RuntimeTest
@Execution(ExecutionMode.CONCURRENT)
class PrimingIT {

  @Test
  void aMissingVariablePreventsTheSnapshot(Tables tables) {
    Map<String, String> environment =
        PackagedFunction.withSnapStart(PackagedFunction.environment(tables));
    environment.remove(Settings.RESERVATIONS_TABLE);
    assertNoSnapshot(environment, "Environment variable RESERVATIONS_TABLE");
  }

  @Test
  void aTableWithAnotherKeyPreventsTheSnapshot(Tables tables) {
    Map<String, String> environment =
        PackagedFunction.withSnapStart(PackagedFunction.environment(tables));
    String owners = Objects.requireNonNull(environment.get(Settings.INSTANCE_OWNERS_TABLE));
    environment.put(Settings.RESERVATIONS_TABLE, owners);
    assertNoSnapshot(environment, "Priming failed: could not write to the reservations table");
  }

  @Test
  void aTemporaryFaultDoesNotPreventTheSnapshot(Tables tables) {
    try (FaultyDynamoDb dynamoDb =
        FaultyDynamoDb.start(
            tables.endpoint(),
            call -> call.isPriming() ? Fault.before(Symptom.EXPIRED_TOKEN) : Fault.NONE)) {
      Map<String, String> environment =
          PackagedFunction.withSnapStart(PackagedFunction.environment(tables, dynamoDb));
      try (PackagedFunction function = PackagedFunction.start(environment)) {
        function.runtime().api().awaitCheckpoint();
        assertTrue(
            function.runtime().errors().stream()
                .anyMatch(line -> line.startsWith("Primed without DynamoDB")),
            function.runtime().errors()::toString);
        function.runtime().api().restore();
        assertEquals(201, function.reserve().status());
      }
    }
  }

  private static void assertNoSnapshot(Map<String, String> environment, String reason) {
    try (PackagedFunction function = PackagedFunction.start(environment)) {
      assertThrows(IllegalStateException.class, () -> function.runtime().api().awaitCheckpoint());
      String log = String.join("\n", function.runtime().output());
      assertTrue(log.contains(reason), log);
    }
  }
}
