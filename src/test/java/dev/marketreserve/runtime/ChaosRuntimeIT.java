package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.chaos.ChaosRun;
import dev.marketreserve.chaos.ChaosRun.Waits;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.chaos.History;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.runtime.Completion.Failed;
import dev.marketreserve.runtime.Completion.Returned;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * A few environments of the packaged function serve many callers. Each is frozen and thawed, or
 * killed and replaced, at random moments. {@code -Dchaos.runtime.requests} makes the run longer.
 */
@RuntimeTest
@Isolated
class ChaosRuntimeIT {

  private static final int REQUESTS = Integer.getInteger("chaos.runtime.requests", 300);
  private static final long SEED =
      Long.getLong("chaos.seed", ThreadLocalRandom.current().nextLong());
  private static final Path FILE = Path.of("target", "chaos", "runtime-history.jsonl");
  private static final Set<String> ANSWERS =
      Set.of("no response", "201", "403 APIG.1136", "409 APIG.3402");

  /** Shorter than the template's, so that the operator's waits can be shorter too. */
  private static final Duration TIMEOUT = Duration.ofMillis(1500);

  /**
   * A call signs its last attempt before its time-out. If the environment is frozen then, DynamoDB
   * accepts the attempt until its signature expires. The last second is for a busy machine.
   */
  private static final Duration WAIT =
      TIMEOUT.plus(FaultyDynamoDb.SIGNATURE_VALIDITY).plus(Duration.ofSeconds(1));

  private static final Duration LONGEST_FREEZE = WAIT.multipliedBy(2);

  @Test
  @Timeout(value = 3, unit = TimeUnit.HOURS)
  void noKilledOrFrozenEnvironmentBreaksAPromise(Tables tables) throws Exception {
    long start = System.nanoTime();
    Files.createDirectories(FILE.getParent());
    ChaosRun run = new ChaosRun(SEED, REQUESTS, 0.1, 0, new Waits(WAIT, WAIT));
    String disturbances;
    try (FaultyDynamoDb dynamoDb = run.faulty(tables);
        Environments environments =
            new Environments(PackagedFunction.environment(tables, dynamoDb))) {
      run.against(environments, dynamoDb, tables).write(FILE);
      disturbances = environments.toString();
    }
    History history = History.read(FILE);
    System.out.printf(
        Locale.ROOT,
        "Chaos with environments: -Dchaos.seed=%d, %s, %s in %d s, responses %s%n",
        SEED,
        disturbances,
        history.count(),
        Duration.ofNanos(System.nanoTime() - start).toSeconds(),
        history.answers());
    assertEquals(List.of(), history.violations(), () -> "Repeat with -Dchaos.seed=" + SEED);
    assertTrue(
        history.answers().keySet().containsAll(ANSWERS), "not every kind of response occurred");
  }

  /** Lambda, with a fixed number of environments. A call waits until one is free. */
  private static final class Environments
      implements RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent>,
          AutoCloseable {

    private static final int NUMBER = 4;
    private static final int FREEZES_PER_KILL = 8;

    /** How long a caller waits for a response, including the wait for a free environment. */
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private static final APIGatewayProxyResponseEvent NO_RESPONSE =
        new APIGatewayProxyResponseEvent().withStatusCode(0).withHeaders(Map.of()).withBody("{}");
    private static final JsonMapper JSON = new JsonMapper();

    private final Map<String, String> variables;
    private final BlockingQueue<Environment> free = new LinkedBlockingQueue<>();
    private final ExecutorService disturbances = Executors.newFixedThreadPool(NUMBER);
    private final AtomicInteger freezes = new AtomicInteger();
    private final AtomicInteger kills = new AtomicInteger();

    Environments(Map<String, String> variables) {
      this.variables = variables;
      for (int i = 0; i < NUMBER; i++) {
        Environment environment = new Environment();
        free.add(environment);
        Random random = new Random(SEED + i);
        Callable<@Nullable Void> disturbance = () -> environment.disturb(random);
        var _ = disturbances.submit(disturbance);
      }
    }

    @Override
    public APIGatewayProxyResponseEvent handleRequest(
        APIGatewayProxyRequestEvent event, Context context) {
      Deadline patience = Deadline.in(PATIENCE);
      try {
        Environment environment = free.take();
        try {
          APIGatewayProxyResponseEvent response = environment.invoke(event);
          return patience.remaining().isPositive() ? response : NO_RESPONSE;
        } finally {
          free.add(environment);
        }
      } catch (JsonProcessingException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      disturbances.shutdownNow();
      disturbances.close();
      free.forEach(environment -> environment.function.close());
    }

    @Override
    public String toString() {
      return freezes + " freezes, " + kills + " kills";
    }

    private final class Environment {

      private volatile PackagedFunction function = PackagedFunction.start(variables);

      APIGatewayProxyResponseEvent invoke(APIGatewayProxyRequestEvent event)
          throws JsonProcessingException {
        Completion completion =
            function.runtime().api().invoke(JSON.writeValueAsString(event), TIMEOUT);
        if (completion instanceof Returned(String payload)) {
          return JSON.readValue(payload, APIGatewayProxyResponseEvent.class);
        }
        if (completion instanceof Failed(String type, String payload)) {
          if (type.equals("Runtime.ExitError")) {
            function.close();
            function = PackagedFunction.start(variables);
          } else {
            assertEquals("Sandbox.Timedout", type, payload);
          }
        }
        return NO_RESPONSE;
      }

      @Nullable Void disturb(Random random) throws InterruptedException {
        while (true) {
          Thread.sleep(random.nextInt(300, 3000));
          LambdaRuntime runtime = function.runtime();
          if (random.nextInt(FREEZES_PER_KILL + 1) == 0) {
            runtime.kill();
            kills.incrementAndGet();
          } else {
            runtime.freeze();
            freezes.incrementAndGet();
            Thread.sleep((long) (LONGEST_FREEZE.toMillis() * Math.pow(random.nextDouble(), 4)));
            runtime.thaw();
          }
        }
      }
    }
  }
}
