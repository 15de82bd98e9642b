package dev.marketreserve;

import static dev.marketreserve.Events.event;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.local.LocalContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Many callers at once, on several handlers, each like an execution environment. */
@Tag("dynamodb")
@ExtendWith(DynamoDbExtension.class)
class RaceIT {

  private final Tables tables;
  private final List<ReserveHandler> environments;

  RaceIT(Tables tables) {
    this.tables = tables;
    tables.register(new TenantIds("domain", "project", "instance"));
    this.environments =
        Stream.generate(() -> new ReserveHandler(tables.settings(), tables.dynamoDb()))
            .limit(3)
            .toList();
    environments.forEach(environment -> reserve(environment, UUID.randomUUID().toString()));
  }

  @Test
  void exactlyOneOf200CallersReservesTheGroup() throws InterruptedException, ExecutionException {
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
      List<Future<APIGatewayProxyResponseEvent>> responses =
          calls.stream().map(callers::submit).toList();
      start.countDown();
      for (Future<APIGatewayProxyResponseEvent> response : responses) {
        byStatus.merge(response.get().getStatusCode(), 1, Integer::sum);
      }
    }
    assertEquals(Map.of(201, 1, 409, 199), byStatus);
  }

  @Test
  void eachOf100GroupsIsReservedByOneOf8Callers()
      throws InterruptedException, ExecutionException, JsonProcessingException {
    List<Callable<APIGatewayProxyResponseEvent>> calls = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      String group = "group-" + i;
      calls.addAll(Collections.nCopies(8, () -> reserve(group)));
    }
    Collections.shuffle(calls, new Random(1));
    Map<String, String> returned = new HashMap<>();
    int conflicts = 0;
    try (ExecutorService callers = Executors.newFixedThreadPool(32)) {
      for (Future<APIGatewayProxyResponseEvent> response : callers.invokeAll(calls)) {
        if (response.get().getStatusCode() == 409) {
          conflicts++;
        } else {
          Map<?, ?> body = new JsonMapper().readValue(response.get().getBody(), Map.class);
          returned.put((String) body.get("group_id"), (String) body.get("purchase_id"));
        }
      }
    }
    assertEquals(700, conflicts);
    assertEquals(100, returned.size());
    Map<String, String> stored = new HashMap<>();
    tables.reservations().stream()
        .filter(item -> String.valueOf(item.get("group_id")).startsWith("group-"))
        .forEach(
            item ->
                stored.put(
                    String.valueOf(item.get("group_id")), String.valueOf(item.get("purchase_id"))));
    assertEquals(stored, returned);
  }

  @Test
  void oneOfTwoTenantsGetsTheGroupAndTheOtherLearnsNothing() throws Exception {
    TenantIds home = new TenantIds("domain", "project", "instance");
    TenantIds away = new TenantIds("rival-domain", "rival-project", "rival-instance");
    tables.register(away);
    Set<TenantIds> winners = new HashSet<>();
    for (int race = 0; race < 50; race++) {
      String group = "contested-" + race;
      List<TenantIds> callers = new ArrayList<>(Collections.nCopies(8, home));
      callers.addAll(Collections.nCopies(8, away));
      Collections.shuffle(callers, new Random(race));
      List<Heard> all = race(callers, group);
      Map<String, String> stored = tables.reservation(group);
      TenantIds winner = home.domainId().equals(stored.get("domain_id")) ? home : away;
      winners.add(winner);
      assertEquals(winner.projectId(), stored.get("project_id"));
      assertEquals(winner.instanceId(), stored.get("instance_id"));
      int reserved = 0;
      for (Heard heard : all) {
        JsonNode body = heard.body();
        if (body.has("error_code")) {
          assertEquals("APIG.3402", body.get("error_code").textValue());
        } else {
          reserved++;
        }
        assertEquals(heard.by().equals(winner), body.has("purchase_id"), body::toString);
        if (body.has("purchase_id")) {
          assertEquals(stored.get("purchase_id"), body.get("purchase_id").textValue());
        }
      }
      assertEquals(1, reserved);
    }
    assertEquals(Set.of(home, away), winners, "One tenant always won, so there was no race");
  }

  private record Heard(TenantIds by, JsonNode body) {}

  /** Lets all callers call at once and returns their responses. */
  private List<Heard> race(List<TenantIds> callers, String group) throws Exception {
    CountDownLatch start = new CountDownLatch(1);
    List<Heard> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(callers.size())) {
      List<Future<APIGatewayProxyResponseEvent>> calls = new ArrayList<>();
      for (TenantIds tenant : callers) {
        calls.add(
            threads.submit(
                () -> {
                  start.await();
                  return reserve(tenant, group);
                }));
      }
      start.countDown();
      for (int i = 0; i < callers.size(); i++) {
        String body = calls.get(i).get().getBody();
        all.add(new Heard(callers.get(i), new JsonMapper().readTree(body)));
      }
    }
    return all;
  }

  private APIGatewayProxyResponseEvent reserve(TenantIds tenant, String group) {
    APIGatewayProxyRequestEvent event =
        event(group)
            .withHeaders(Map.of("X-Domain-Id", tenant.domainId()))
            .withPathParameters(
                Map.of("project_id", tenant.projectId(), "instance_id", tenant.instanceId()));
    int any = Math.floorMod(Thread.currentThread().threadId(), environments.size());
    return environments
        .get(any)
        .handleRequest(event, new LocalContext("request", Duration.ofSeconds(10), line -> {}));
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
