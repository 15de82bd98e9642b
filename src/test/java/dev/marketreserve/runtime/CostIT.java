package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.marketreserve.Events;
import dev.marketreserve.chaos.Fault;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.dynamodb.Tables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Limits on the packaged function's calls to DynamoDB and on the classes that it loads. */
@RuntimeTest
class CostIT {

  /** Lambda's runtime client loads six of them, and the JDK one for random numbers. */
  private static final int MAX_CLASSES_AFTER_RESTORE = 8;

  @Test
  void everyOutcomeTakesAtMostTwoCallsToDynamoDb(Tables tables) {
    PackagedFunction.registerTenant(tables);
    List<String> calls = new CopyOnWriteArrayList<>();
    try (FaultyDynamoDb dynamoDb =
            FaultyDynamoDb.start(
                tables.endpoint(),
                call -> {
                  calls.add(call.operation());
                  return Fault.NONE;
                });
        PackagedFunction function =
            PackagedFunction.start(PackagedFunction.environment(tables, dynamoDb))) {
      List<String> readAndWrite = List.of("GetItem", "PutItem");
      JsonNode keyed = Events.load("reserve-with-idempotency-key");
      function.reserve();
      assertCalls("201", readAndWrite, keyed, function, calls);
      assertCalls("201", readAndWrite, keyed, function, calls);
      assertCalls("201", readAndWrite, Events.load("reserve"), function, calls);
      assertCalls("409 APIG.3402", readAndWrite, Events.load("reserve"), function, calls);
      assertCalls(
          "403 APIG.1136", List.of("GetItem"), Events.load("foreign-instance"), function, calls);
      assertCalls("400 APIG.2000", List.of(), Events.load("malformed-body"), function, calls);
    }
  }

  private static void assertCalls(
      String response,
      List<String> expected,
      JsonNode event,
      PackagedFunction function,
      List<String> calls) {
    calls.clear();
    assertEquals(response, function.send(event).summary());
    assertEquals(expected, calls);
  }

  @Test
  void theFirstRequestAfterARestoreLoadsFewClasses(Tables tables, @TempDir Path directory)
      throws IOException {
    PackagedFunction.registerTenant(tables);
    Path log = directory.resolve("classes.log");
    Map<String, String> environment =
        PackagedFunction.withSnapStart(PackagedFunction.environment(tables));
    environment.merge(
        "JAVA_TOOL_OPTIONS", "-Xlog:class+load:file=" + log, (set, added) -> set + " " + added);
    try (PackagedFunction function = PackagedFunction.start(environment)) {
      function.runtime().api().awaitCheckpoint();
      int before = Files.readAllLines(log).size();

      function.runtime().api().restore();
      function.reserve();

      List<String> loaded = Files.readAllLines(log);
      List<String> late = loaded.subList(before, loaded.size());
      assertTrue(
          late.size() <= MAX_CLASSES_AFTER_RESTORE,
          () -> late.size() + " classes:\n" + String.join("\n", late));
    }
  }
}
