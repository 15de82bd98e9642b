package dev.marketreserve.runtime;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One warm execution environment under load, with a heap so small that a leak would fail the test.
 * {@code -Dsoak.requests} makes it longer.
 */
@RuntimeTest
class SoakIT {

  private static final int REQUESTS = Integer.getInteger("soak.requests", 300);

  @ParameterizedTest
  @Timeout(value = 3, unit = TimeUnit.HOURS)
  @ValueSource(ints = {1, 16})
  void everyRequestReservesItsGroupAndOnlyOneOf16ReservesAContestedGroup(int atOnce, Tables tables)
      throws Exception {
    List<String> groups =
        Stream.generate(() -> UUID.randomUUID().toString()).limit(REQUESTS).toList();
    try (PackagedFunction function = start(atOnce, tables)) {
      List<ReceivedResponse> responses = reserve(function, groups, atOnce);
      for (int i = 0; i < REQUESTS; i++) {
        ReceivedResponse response = responses.get(i);
        assertEquals("201", response.summary());
        assertEquals(groups.get(i), response.body().get("group_id").asText());
        assertEquals(tables.reservation(groups.get(i)).get("purchase_id"), response.purchaseId());
      }
      List<String> contested = Collections.nCopies(16, UUID.randomUUID().toString());
      assertEquals(
          Map.of("201", 1L, "409 APIG.3402", 15L),
          reserve(function, contested, atOnce).stream()
              .collect(groupingBy(ReceivedResponse::summary, counting())));
    }
  }

  /**
   * Starts an environment and warms it up: a cold one may be too slow for many requests at once.
   */
  private static PackagedFunction start(int atOnce, Tables tables) {
    Map<String, String> environment = PackagedFunction.environment(tables);
    environment.put("AWS_LAMBDA_MAX_CONCURRENCY", Integer.toString(atOnce));
    environment.merge("JAVA_TOOL_OPTIONS", "-Xmx40m", (set, added) -> set + " " + added);
    PackagedFunction function = PackagedFunction.start(environment);
    function.reserve();
    return function;
  }

  private static List<ReceivedResponse> reserve(
      PackagedFunction function, List<String> groups, int atOnce) throws Exception {
    List<Callable<ReceivedResponse>> calls = new ArrayList<>();
    groups.forEach(group -> calls.add(() -> function.reserve(group)));
    List<ReceivedResponse> responses = new ArrayList<>();
    try (ExecutorService callers = Executors.newFixedThreadPool(atOnce)) {
      for (Future<ReceivedResponse> response : callers.invokeAll(calls)) {
        responses.add(response.get());
      }
    }
    return responses;
  }
}
