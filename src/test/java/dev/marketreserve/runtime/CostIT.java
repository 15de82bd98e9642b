package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.marketreserve.Events;
import dev.marketreserve.chaos.Fault;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
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
      function.reserve();
      calls.clear();
      String group = UUID.randomUUID().toString();
      JsonNode keyed = Events.load("reserve-with-idempotency-key");

      assertEquals(201, function.reserve(group).status());
      assertEquals(List.of("GetItem", "PutItem"), calls);
      calls.clear();

      assertEquals(409, function.reserve(group).status());
      assertEquals(List.of("GetItem", "PutItem"), calls);
      calls.clear();

      assertEquals(403, function.send(Events.load("foreign-instance")).status());
      assertEquals(List.of("GetItem"), calls);
      calls.clear();

      assertEquals(400, function.send(Events.load("malformed-body")).status());
      assertEquals(List.of(), calls);

      assertEquals(201, function.send(keyed).status());
      calls.clear();
      ReceivedResponse replay = function.send(keyed);
      assertTrue(replay.replayed());
      assertEquals(List.of("GetItem", "PutItem"), calls);
    }
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
