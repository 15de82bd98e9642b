package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.chaos.Fault;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.snapstart.CannedDynamoDb;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The packaged function under SnapStart's protocol: start, hook before the snapshot, wait, restore,
 * requests.
 */
@RuntimeTest
@Execution(ExecutionMode.CONCURRENT)
class SnapStartIT {

  /** Lambda's runtime client loads six classes, and the JDK one for random numbers. */
  private static final int MAX_LATE_CLASSES = 8;

  private static final Duration CALLERS_TIMEOUT = Duration.ofSeconds(5);

  @Test
  void idsTimesAndCredentialsAreNewAfterTheRestoreAndFewClassesAreLoaded(
      Tables tables, @TempDir Path directory) throws Exception {
    Path log = directory.resolve("classes.log");
    Map<String, String> environment =
        PackagedFunction.withSnapStart(PackagedFunction.environment(tables));
    try (PackagedFunction other = PackagedFunction.start(environment)) {
      environment.merge(
          "JAVA_TOOL_OPTIONS", "-Xlog:class+load:file=" + log, (set, added) -> set + " " + added);
      try (PackagedFunction one = PackagedFunction.start(environment)) {
        RuntimeApi lambda = one.runtime().api();
        lambda.awaitCheckpoint();
        other.runtime().api().awaitCheckpoint();
        assertEquals(Map.of(), tables.reservation(CannedDynamoDb.FREE_GROUP));
        int credentials = lambda.credentialsServed();
        int classes = Files.readAllLines(log).size();
        Instant restored = Instant.now().truncatedTo(ChronoUnit.MILLIS);

        lambda.restore();
        other.runtime().api().restore();
        Set<String> purchases = new HashSet<>();
        purchases.add(reserve(one, restored, tables));
        List<String> loaded = Files.readAllLines(log);
        List<String> late = loaded.subList(classes, loaded.size());
        for (PackagedFunction function : List.of(other, one, other)) {
          purchases.add(reserve(function, restored, tables));
        }

        assertEquals(4, purchases.size());
        assertEquals(credentials + 1, lambda.credentialsServed());
        assertTrue(
            late.size() <= MAX_LATE_CLASSES,
            () -> late.size() + " classes:\n" + String.join("\n", late));
      }
    }
  }

  /** Reserves a group, and returns the purchase id. */
  private static String reserve(PackagedFunction function, Instant restored, Tables tables) {
    String group = UUID.randomUUID().toString();
    ReceivedResponse response = function.reserve(group);
    assertEquals("201", response.summary());
    Instant created = Instant.parse(tables.reservation(group).get("created_at"));
    assertFalse(created.isBefore(restored), created + " is before " + restored);
    return response.purchaseId();
  }

  @Test
  void missingCredentialsAreA500InTimeAndTheNextCallWorks(Tables tables) {
    try (FaultyDynamoDb dynamoDb = FaultyDynamoDb.start(tables.endpoint(), call -> Fault.NONE);
        PackagedFunction function =
            PackagedFunction.start(
                PackagedFunction.withSnapStart(PackagedFunction.environment(tables, dynamoDb)))) {
      function.runtime().api().awaitCheckpoint();
      function.runtime().api().holdCredentials(true);
      function.runtime().api().restore();

      ReceivedResponse response = function.reserve();
      assertEquals("500 APIG.9999", response.summary());
      assertTrue(response.duration().compareTo(CALLERS_TIMEOUT) < 0, response::toString);

      function.runtime().api().holdCredentials(false);
      assertEquals("201", function.reserve().summary());
    }
  }
}
