package dev.marketreserve.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.chaos.FaultyDynamoDb.Call;
import dev.marketreserve.dynamodb.DynamoDb;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReceivedResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Many callers compete for few groups while DynamoDB fails at random, and while the operator moves
 * instances and releases groups.
 *
 * <p>The seed determines each caller's requests and their faults. It does not determine the order
 * of the threads, so a repeated run is only similar.
 *
 * @param requests the number of requests; a few more complete the groups in progress
 * @param faultRate the share of attempts that fail
 * @param slowShare the share of those faults that cost their caller a second
 * @param waits how long the operator waits before a release, and before another owner gets an
 *     instance
 */
public record ChaosRun(long seed, int requests, double faultRate, double slowShare, Waits waits) {

  private static final int CALLERS = 32;
  private static final int GROUPS_AT_A_TIME = 4;
  private static final int MOVED_AT_A_TIME = 8;
  private static final Duration STAY = Duration.ofMillis(500);
  private static final int REQUESTS_FOR_A_GROUP = 10;
  private static final int MAX_ATTEMPTS = 50;

  private static final List<Fault> SLOW =
      Fault.all().stream().filter(fault -> fault.symptom().isSlow()).toList();
  private static final List<Fault> SWIFT =
      Fault.all().stream().filter(fault -> !fault.symptom().isSlow()).toList();

  /** How long the operator waits after the last call for a group, and after a revocation. */
  public record Waits(Duration release, Duration move) {

    private static final Duration ATTEMPT = FaultyDynamoDb.LATE.multipliedBy(2);
    private static final Duration CALL = Duration.ofSeconds(4);

    /** Long enough for a late attempt, and for a call that makes one. */
    static final Waits LONG = new Waits(ATTEMPT, CALL.plus(ATTEMPT));
  }

  /**
   * Runs the callers and the operator.
   *
   * @param function creates the function under test for a failing DynamoDB
   */
  History against(
      Function<DynamoDb, RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent>>
          function,
      Tables tables)
      throws InterruptedException, ExecutionException {
    try (FaultyDynamoDb faulty = faulty(tables);
        DynamoDb dynamoDb = faulty.open()) {
      return against(function.apply(dynamoDb), faulty, tables);
    }
  }

  /** Starts a DynamoDB with the faults of this run. */
  public FaultyDynamoDb faulty(Tables tables) {
    Map<String, Random> fates = new ConcurrentHashMap<>();
    return FaultyDynamoDb.start(tables.endpoint(), call -> fault(call, fates));
  }

  /**
   * Runs the callers and the operator.
   *
   * @param function the function under test; a status of 0 means that no response came
   * @param faulty the DynamoDB that it calls
   */
  public History against(
      RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent> function,
      FaultyDynamoDb faulty,
      Tables tables)
      throws InterruptedException, ExecutionException {
    try (ExecutorService threads = Executors.newFixedThreadPool(CALLERS + 2)) {
      Market market = new Market(function, new Operator(tables));
      List<Callable<@Nullable Void>> actors = new ArrayList<>();
      for (int i = 0; i < CALLERS; i++) {
        int number = i;
        market.operator.register(market.tenant(number));
        actors.add(() -> market.call(number));
      }
      actors.add(market::move);
      actors.add(market::release);
      for (Future<?> actor : threads.invokeAll(actors)) {
        actor.get();
      }
      faulty.awaitQuiet();
      return market.operator.history();
    }
  }

  private Fault fault(Call call, Map<String, Random> fates) {
    Random fate =
        fates.computeIfAbsent(call.instanceId(), key -> new Random(seed ^ key.hashCode()));
    synchronized (fate) {
      if (fate.nextDouble() >= faultRate) {
        return Fault.NONE;
      }
      List<Fault> faults = fate.nextDouble() < slowShare ? SLOW : SWIFT;
      return faults.get(fate.nextInt(faults.size()));
    }
  }

  /** The callers and the operator. */
  private final class Market {

    private final RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent>
        function;
    private final Operator operator;
    private final AtomicInteger sent = new AtomicInteger();
    private final CountDownLatch left = new CountDownLatch(CALLERS);
    private final Groups groups = new Groups();

    Market(
        RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent> function,
        Operator operator) {
      this.function = function;
      this.operator = operator;
    }

    TenantIds tenant(int number) {
      return new TenantIds("domain-" + number, "project", "instance-" + number);
    }

    /** The temporary owner of that tenant's instance. */
    TenantIds guest(int number) {
      return new TenantIds("guest-" + number, "project", "instance-" + number);
    }

    @Nullable Void call(int number) {
      try {
        sendRequests(number, new Random(seed + number));
      } finally {
        left.countDown();
      }
      return null;
    }

    /** Sends requests until the run has enough. */
    private void sendRequests(int number, Random random) {
      while (sent.get() < requests) {
        int first = sent.get() / REQUESTS_FOR_A_GROUP + random.nextInt(GROUPS_AT_A_TIME);
        String group = groups.enter(random, i -> operator.name("group", first + i));
        TenantIds tenant = random.nextInt(4) == 0 ? guest(number) : tenant(number);
        Caller caller = new Caller(function, tenant);
        String key = random.nextBoolean() ? "key-" + number : null;
        int answers = random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(2);
        try {
          call(caller, group, key, answers);
        } finally {
          groups.leave(group);
        }
      }
    }

    /** Retries a request until its outcome is known, and sometimes once more. */
    private void call(Caller caller, String group, @Nullable String key, int answers) {
      if (answers == 0) {
        sent.incrementAndGet();
        ReceivedResponse response = caller.sendMalformed(group);
        if (response.status() != 0) {
          assertEquals("400 APIG.2000", response.summary());
        }
      }
      int answered = 0;
      for (int attempt = 0; answered < answers; attempt++) {
        assertTrue(attempt < MAX_ATTEMPTS, "The retries did not settle the request");
        sent.incrementAndGet();
        answered += operator.watch(caller, group, key).isUnknown() ? 0 : 1;
      }
    }

    /** Waits for this time, or until the callers are done. */
    private boolean isOver(Duration wait) throws InterruptedException {
      return left.await(Math.max(10, wait.toMillis()), TimeUnit.MILLISECONDS);
    }

    /** Gives instances to other owners, and back. */
    @Nullable Void move() throws InterruptedException {
      Random random = new Random(seed - 1);
      while (true) {
        int[] moved = random.ints(MOVED_AT_A_TIME, 0, CALLERS).distinct().toArray();
        for (IntFunction<TenantIds> owner :
            List.<IntFunction<TenantIds>>of(this::guest, this::tenant)) {
          IntStream.of(moved).mapToObj(owner).forEach(operator::revoke);
          if (isOver(waits.move)) {
            return null;
          }
          IntStream.of(moved).mapToObj(owner).forEach(operator::register);
          groups.busy().forEach(operator::lookUp);
          if (isOver(STAY)) {
            return null;
          }
        }
      }
    }

    /** Releases groups. The callers stop requesting them first. */
    @Nullable Void release() throws InterruptedException {
      while (true) {
        List<String> released = groups.busy();
        groups.close(released);
        if (isOver(released.isEmpty() ? Duration.ZERO : waits.release)) {
          return null;
        }
        released.forEach(operator::release);
        groups.open(released);
      }
    }
  }

  /** The groups that callers request. */
  private static final class Groups {

    private static final int BUSY = 8;

    private final Map<String, Integer> inside = new HashMap<>();
    private final Set<String> closed = new HashSet<>();
    private final Deque<String> busy = new ArrayDeque<>();
    private final List<String> opened = new ArrayList<>();

    /** Begins a call for the first group that is not closed, or for a released one. */
    synchronized String enter(Random random, IntFunction<String> groups) {
      String group =
          opened.isEmpty() || random.nextInt(4) > 0
              ? groups.apply(0)
              : opened.get(random.nextInt(Math.max(0, opened.size() - BUSY), opened.size()));
      for (int i = 1; closed.contains(group); i++) {
        group = groups.apply(i);
      }
      inside.merge(group, 1, Integer::sum);
      busy.remove(group);
      busy.addLast(group);
      if (busy.size() > BUSY) {
        busy.removeFirst();
      }
      return group;
    }

    synchronized void leave(String group) {
      inside.merge(group, -1, Integer::sum);
      notifyAll();
    }

    /** The groups that were requested last. */
    synchronized List<String> busy() {
      return List.copyOf(busy);
    }

    /** Returns when no call for the groups is in progress and none can begin. */
    synchronized void close(List<String> groups) throws InterruptedException {
      closed.addAll(groups);
      while (groups.stream().anyMatch(group -> inside.getOrDefault(group, 0) > 0)) {
        wait();
      }
    }

    synchronized void open(List<String> groups) {
      closed.removeAll(groups);
      opened.addAll(groups);
    }
  }
}
