package dev.marketreserve;

import static dev.marketreserve.http.Events.event;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.Tenant;
import dev.marketreserve.local.LocalContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Many callers at once, on several handlers as in several execution environments. What they race
 * for is the condition of the write, not the clock: their client has no budget of time.
 */
@ExtendWith(DynamoDbExtension.class)
class RaceIT {

  private final Tables tables;
  private final List<ReserveHandler> environments;

  RaceIT(Tables tables) {
    this.tables = tables;
    tables.register(new Tenant("domain", "project", "instance"));
    this.environments =
        Stream.generate(() -> new ReserveHandler(tables.settings(), tables.client()))
            .limit(3)
            .toList();
    environments.forEach(environment -> reserve(environment, UUID.randomUUID().toString()));
  }

  @Test
  void of200CallersOfOneGroupExactlyOneReservesIt()
      throws InterruptedException, ExecutionException {
    String group = UUID.randomUUID().toString();
    CountDownLatch start = new CountDownLatch(1);
    List<Callable<APIGatewayProxyResponseEvent>> calls =
        Collections.nCopies(
            200,
            () -> {
              start.await();
              return reserve(group);
            });
    Map<Integer, Integer> byStatus = new TreeMap<>();
    try (ExecutorService callers = Executors.newFixedThreadPool(calls.size())) {
      List<Future<APIGatewayProxyResponseEvent>> answers =
          calls.stream().map(callers::submit).toList();
      start.countDown();
      for (Future<APIGatewayProxyResponseEvent> answer : answers) {
        byStatus.merge(answer.get().getStatusCode(), 1, Integer::sum);
      }
    }
    assertEquals(Map.of(201, 1, 409, 199), byStatus);
  }

  @Test
  void of1000GroupsWith8CallersEachExactly1000ArePurchased()
      throws InterruptedException, ExecutionException, JsonProcessingException {
    List<Callable<APIGatewayProxyResponseEvent>> calls = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      String group = "group-" + i;
      calls.addAll(Collections.nCopies(8, () -> reserve(group)));
    }
    Collections.shuffle(calls, new Random(1));
    Map<String, String> answered = new HashMap<>();
    int conflicts = 0;
    try (ExecutorService callers = Executors.newFixedThreadPool(32)) {
      for (Future<APIGatewayProxyResponseEvent> answer : callers.invokeAll(calls)) {
        if (answer.get().getStatusCode() == 409) {
          conflicts++;
        } else {
          Map<?, ?> body = new JsonMapper().readValue(answer.get().getBody(), Map.class);
          answered.put((String) body.get("group_id"), (String) body.get("purchase_id"));
        }
      }
    }
    assertEquals(7000, conflicts);
    assertEquals(1000, answered.size());
    Map<String, String> stored = new HashMap<>();
    tables.reservations().stream()
        .filter(item -> String.valueOf(item.get("group_id")).startsWith("group-"))
        .forEach(
            item ->
                stored.put(
                    String.valueOf(item.get("group_id")), String.valueOf(item.get("purchase_id"))));
    assertEquals(stored, answered);
  }

  private APIGatewayProxyResponseEvent reserve(String group) {
    int any = Math.floorMod(Thread.currentThread().threadId(), environments.size());
    return reserve(environments.get(any), group);
  }

  private static APIGatewayProxyResponseEvent reserve(ReserveHandler environment, String group) {
    return environment.handleRequest(
        event(group), new LocalContext("request", Duration.ofSeconds(10), line -> {}));
  }
}
