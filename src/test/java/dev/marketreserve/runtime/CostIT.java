package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.chaos.Fault;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
      function.send(PackagedFunction.eventFor(UUID.randomUUID().toString()));
      calls.clear();
      String group = UUID.randomUUID().toString();
      String keyed = PackagedFunction.event("reserve-with-idempotency-key.json").toString();

      assertEquals(201, function.send(PackagedFunction.eventFor(group)).status());
      assertEquals(List.of("GetItem", "PutItem"), calls);
      calls.clear();

      assertEquals(409, function.send(PackagedFunction.eventFor(group)).status());
      assertEquals(List.of("GetItem", "PutItem"), calls);
      calls.clear();

      assertEquals(403, function.send(PackagedFunction.event("foreign-instance.json")).status());
      assertEquals(List.of("GetItem"), calls);
      calls.clear();

      assertEquals(400, function.send(PackagedFunction.event("malformed-body.json")).status());
      assertEquals(List.of(), calls);

      assertEquals(201, function.send(PackagedFunction.json(keyed)).status());
      calls.clear();
      ReceivedResponse replay = function.send(PackagedFunction.json(keyed));
      assertTrue(replay.replayed());
      assertEquals(List.of("GetItem", "PutItem"), calls);
    }
  }

  @Test
  void theFirstRequestAfterARestoreLoadsFewClasses(Tables tables, @TempDir Path directory)
      throws IOException {
    PackagedFunction.registerTenant(tables);
    Path log = directory.resolve("classes.log");
    Map<String, String> environment = PackagedFunction.environment(tables);
    environment.put("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
    environment.merge(
        "JAVA_TOOL_OPTIONS", "-Xlog:class+load:file=" + log, (set, added) -> set + " " + added);
    environment.keySet().removeAll(Set.of("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"));
    try (PackagedFunction function = PackagedFunction.start(environment)) {
      function.runtime().api().awaitCheckpoint();
      int before = Files.readAllLines(log).size();

      function.runtime().api().restore();
      function.send(PackagedFunction.eventFor(UUID.randomUUID().toString()));

      List<String> loaded = Files.readAllLines(log);
      List<String> late = loaded.subList(before, loaded.size());
      assertTrue(
          late.size() <= MAX_CLASSES_AFTER_RESTORE,
          () -> late.size() + " classes:\n" + String.join("\n", late));
    }
  }
}
