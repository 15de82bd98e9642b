package dev.marketreserve.chaos;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.chaos.FaultyDynamoDb.Call;
import dev.marketreserve.chaos.History.Exchange;
import dev.marketreserve.chaos.History.Role;
import dev.marketreserve.dynamodb.DynamoDb;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReceivedResponse;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Many callers that fight for few groups at a time, on a DynamoDB that fails at random.
 *
 * <p>The seed settles the requests of each caller and the faults that its calls meet. It does not
 * settle the order of the threads, so a replay comes close to the first run and no closer.
 *
 * @param requests the number of requests; a few more finish the groups that were begun
 * @param faultRate the share of calls to DynamoDB that go wrong
 */
record ChaosRun(long seed, int requests, double faultRate) {

  private static final int CALLERS = 32;
  private static final int GROUPS_AT_A_TIME = 4;
  private static final int REQUESTS_FOR_A_GROUP = 10;
  private static final int MAX_ATTEMPTS = 50;

  /** One of these at random for each request. */
  private static final List<Role> ROLES =
      List.of(
          Role.WITH_KEY,
          Role.WITH_KEY,
          Role.WITH_KEY,
          Role.WITH_KEY,
          Role.WITHOUT_KEY,
          Role.WITHOUT_KEY,
          Role.NOT_OWNER,
          Role.MALFORMED);

  /** One fault in so many is a slow one: each costs its caller a second. */
  private static final int SLOW_ONES = 50;

  private static final List<Fault> SLOW =
      Fault.all().stream().filter(fault -> fault.symptom().isSlow()).toList();
  private static final List<Fault> SWIFT =
      Fault.all().stream().filter(fault -> !fault.symptom().isSlow()).toList();

  /**
   * Runs.
   *
   * @param function makes the function under test on a DynamoDB that fails
   */
  History against(
      Function<DynamoDb, RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent>>
          function,
      Tables tables)
      throws InterruptedException, ExecutionException {
    Map<String, Random> fates = new ConcurrentHashMap<>();
    try (FaultyDynamoDb faulty =
            FaultyDynamoDb.start(tables.endpoint(), call -> fault(call, fates));
        DynamoDb dynamoDb = faulty.open();
        ExecutorService threads = Executors.newFixedThreadPool(CALLERS)) {
      Market market = new Market(function.apply(dynamoDb), tables);
      List<Callable<@Nullable Void>> callers = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        int number = i;
        callers.add(
            () -> {
              market.call(number);
              return null;
            });
      }
      for (Future<?> caller : threads.invokeAll(callers)) {
        caller.get();
      }
      faulty.awaitQuiet();
      return market.history();
    }
  }

  private Fault fault(Call call, Map<String, Random> fates) {
    Random fate =
        fates.computeIfAbsent(call.instanceId(), key -> new Random(seed ^ key.hashCode()));
    synchronized (fate) {
      if (fate.nextDouble() >= faultRate) {
        return Fault.NONE;
      }
      List<Fault> faults = fate.nextInt(SLOW_ONES) == 0 ? SLOW : SWIFT;
      return faults.get(fate.nextInt(faults.size()));
    }
  }

  /** The callers and their memory. */
  private final class Market {

    private final RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent>
        function;
    private final Tables tables;
    private final String prefix = UUID.randomUUID() + "-";
    private final AtomicInteger sent = new AtomicInteger();
    private final Queue<Exchange> exchanges = new ConcurrentLinkedQueue<>();

    Market(
        RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent> function,
        Tables tables) {
      this.function = function;
      this.tables = tables;
    }

    History history() {
      return new History(
          List.copyOf(exchanges),
          tables.reservations().stream()
              .filter(row -> row.getOrDefault("group_id", "").startsWith(prefix))
              .toList());
    }

    /** Sends requests in every role, each role for a tenant of its own. */
    void call(int number) {
      Map<Role, Caller> callers = new EnumMap<>(Role.class);
      for (Role role : Role.values()) {
        String name = number + "-" + role;
        TenantIds tenant = new TenantIds("domain-" + name, "project", "instance-" + name);
        tables.register(
            role == Role.NOT_OWNER
                ? new TenantIds("owner", "project", tenant.instanceId())
                : tenant);
        callers.put(role, new Caller(function, tenant));
      }
      Random random = new Random(seed + number);
      Set<Integer> asked = new HashSet<>();
      while (sent.get() < requests) {
        int group = sent.get() / REQUESTS_FOR_A_GROUP + random.nextInt(GROUPS_AT_A_TIME);
        while (!asked.add(group)) {
          group++;
        }
        Role role = ROLES.get(random.nextInt(ROLES.size()));
        send(
            role, Objects.requireNonNull(callers.get(role)), prefix + group, 1 + random.nextInt(2));
      }
    }

    private void send(Role role, Caller caller, String group, int repeats) {
      switch (role) {
        case NOT_OWNER -> record(role, caller, group, () -> caller.reserve(group, null));
        case MALFORMED -> record(role, caller, group, () -> caller.sendMalformed(group));
        case WITH_KEY, WITHOUT_KEY -> {
          String key = role == Role.WITH_KEY ? "key-" + group : null;
          int answered = 0;
          for (int i = 0; i < MAX_ATTEMPTS && answered < repeats; i++) {
            ReceivedResponse response =
                record(role, caller, group, () -> caller.reserve(group, key));
            answered += response.status() == 500 ? 0 : 1;
          }
        }
      }
    }

    private ReceivedResponse record(
        Role role, Caller caller, String group, Supplier<ReceivedResponse> request) {
      sent.incrementAndGet();
      long start = System.nanoTime();
      ReceivedResponse response = request.get();
      exchanges.add(
          new Exchange(
              role, caller.tenant().domainId(), group, start, System.nanoTime(), response));
      return response;
    }
  }
}
