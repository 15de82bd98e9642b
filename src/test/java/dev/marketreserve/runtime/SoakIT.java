package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.marketreserve.dynamodb.Tables;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One execution environment under load, with a heap so small that a leak would fail the test.
 * {@code -Dsoak.requests} makes it longer.
 */
@RuntimeTest
class SoakIT {

  private static final int REQUESTS = Integer.getInteger("soak.requests", 300);

  @ParameterizedTest
  @Timeout(value = 3, unit = TimeUnit.HOURS)
  @ValueSource(ints = {1, 4, 16})
  void everyRequestReserves(int atOnce, Tables tables) {
    PackagedFunction.registerTenant(tables);
    Map<String, String> environment = PackagedFunction.environment(tables);
    environment.put("AWS_LAMBDA_MAX_CONCURRENCY", Integer.toString(atOnce));
    environment.merge("JAVA_TOOL_OPTIONS", "-Xmx40m", (set, added) -> set + " " + added);
    Map<Integer, Integer> answers = new ConcurrentHashMap<>();
    AtomicInteger sent = new AtomicInteger();
    try (PackagedFunction function = PackagedFunction.start(environment)) {
      function.reserve();
      long start = System.nanoTime();
      try (ExecutorService callers = Executors.newFixedThreadPool(atOnce)) {
        for (int i = 0; i < atOnce; i++) {
          callers.execute(
              () -> {
                while (sent.incrementAndGet() <= REQUESTS) {
                  answers.merge(function.reserve().status(), 1, Integer::sum);
                }
              });
        }
      }
      Duration duration = Duration.ofNanos(System.nanoTime() - start);
      System.out.printf(
          Locale.ROOT,
          "Soak: %d requests, %d at once, %d per second%n",
          REQUESTS,
          atOnce,
          REQUESTS * 1000L / duration.toMillis());
    }
    assertEquals(Map.of(201, REQUESTS), new TreeMap<>(answers));
  }
}
