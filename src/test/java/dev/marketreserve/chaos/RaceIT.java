package dev.marketreserve.chaos;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.marketreserve.ReserveHandler;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReceivedResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Many callers at once, on several handlers, like Lambda's execution environments. */
@Tag("dynamodb")
@ExtendWith(DynamoDbExtension.class)
class RaceIT {

  private static final TenantIds HOME = new TenantIds("domain", "project", "instance");
  private static final TenantIds AWAY =
      new TenantIds("rival-domain", "rival-project", "rival-instance");

  private final Tables tables;
  private final List<ReserveHandler> environments;

  private record Call(TenantIds by, String group) {}

  private record Heard(Call call, ReceivedResponse response) {}

  RaceIT(Tables tables) {
    this.tables = tables;
    tables.register(HOME);
    tables.register(AWAY);
    this.environments =
        Stream.generate(() -> new ReserveHandler(tables.settings(), tables.dynamoDb()))
            .limit(3)
            .toList();
    for (ReserveHandler environment : environments) {
      new Caller(environment, HOME).reserve(UUID.randomUUID().toString(), null);
    }
  }

  @Test
  void oneOfTwoTenantsGetsTheGroupAndTheOtherLearnsNothing() throws Exception {
    Set<TenantIds> winners = new HashSet<>();
    for (int race = 0; race < 50; race++) {
      String group = "contested-" + race;
      List<Call> calls = new ArrayList<>(Collections.nCopies(8, new Call(HOME, group)));
      calls.addAll(Collections.nCopies(8, new Call(AWAY, group)));
      Collections.shuffle(calls, new Random(race));
      List<Heard> all = race(calls);
      Map<String, String> stored = tables.reservation(group);
      TenantIds winner = HOME.domainId().equals(stored.get("domain_id")) ? HOME : AWAY;
      winners.add(winner);
      assertEquals(winner.projectId(), stored.get("project_id"));
      assertEquals(winner.instanceId(), stored.get("instance_id"));
      for (Heard heard : all) {
        assertEquals(
            heard.call().by().equals(winner) ? stored.get("purchase_id") : "",
            heard.response().purchaseId());
      }
      assertEquals(
          Map.of("201", 1L, "409 APIG.3402", 15L),
          all.stream().collect(groupingBy(heard -> heard.response().summary(), counting())));
    }
    assertEquals(Set.of(HOME, AWAY), winners, "One tenant always won, so there was no race");
  }

  /** Makes the calls at once, and returns their responses. */
  private List<Heard> race(List<Call> calls) throws Exception {
    CyclicBarrier start = new CyclicBarrier(calls.size());
    List<Callable<Heard>> racers = new ArrayList<>();
    for (Call call : calls) {
      racers.add(() -> {
        start.await();
        return new Heard(call, send(call));
      });
    }
    List<Heard> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(calls.size())) {
      for (Future<Heard> response : threads.invokeAll(racers)) {
        all.add(response.get());
      }
    }
    return all;
  }

  private ReceivedResponse send(Call call) {
    int any = Math.floorMod(Thread.currentThread().threadId(), environments.size());
    return new Caller(environments.get(any), call.by()).reserve(call.group(), null);
  }
}
