package dev.marketreserve.dynamodb;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.Requests;
import dev.marketreserve.reservation.ResourceId;
import dev.marketreserve.reservation.Tenant;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;

/**
 * Concurrent requests in one environment share a client, but each operation gets its own response
 * and keeps its own deadline.
 */
class SharedDynamoDbTest {

  private static final int THREADS = 16;
  private static final int CALLS = 100;
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration SHORT = Duration.ofMillis(5);
  private static final Pattern KEY = Pattern.compile("\"instance_id\":\\{\"S\":\"([^\"]+)\"}");

  private final AtomicInteger firstAttempts = new AtomicInteger();
  private final AtomicInteger cutOff = new AtomicInteger();

  @Test
  void concurrentOperationsKeepTheirOwnResponsesAndDeadlines() throws Exception {
    try (DynamoDb dynamoDb = StubHttp.open(this::respond);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      InstanceOwnersTable owners = new InstanceOwnersTable(dynamoDb, "InstanceOwnersTable");
      List<Future<?>> done = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        Duration time = thread % 2 == 0 ? LONG : SHORT;
        String name = "tenant-" + thread + "-";
        done.add(
            threads.submit(() -> {
              for (int call = 0; call < CALLS; call++) {
                call(owners, Requests.id(name + call), time);
              }
            }));
      }
      for (Future<?> thread : done) {
        thread.get();
      }
    }
    assertTrue(cutOff.get() > 0, "No deadline was short enough");
  }

  private void call(InstanceOwnersTable owners, ResourceId id, Duration time) {
    try {
      assertTrue(owners.isOwner(new Tenant(id, id, id), Deadline.in(time)), id::toString);
    } catch (UnknownOutcomeException e) {
      assertTrue(time.equals(SHORT), e::toString);
      cutOff.incrementAndGet();
    }
  }

  /**
   * Each instance belongs to the tenant whose three ids are equal. One first attempt in three
   * fails.
   */
  private HttpExecuteResponse respond(HttpExecuteRequest request) throws IOException {
    byte[] body = request.contentStreamProvider().orElseThrow().newStream().readAllBytes();
    Matcher key = KEY.matcher(new String(body, StandardCharsets.UTF_8));
    assertTrue(key.find());
    String attempt = request.httpRequest().firstMatchingHeader("amz-sdk-request").orElseThrow();
    return attempt.startsWith("attempt=1") && firstAttempts.incrementAndGet() % 3 == 0
        ? StubHttp.response(500, "{}")
        : StubHttp.response(
            200,
            """
            {"Item": {"instance_id": {"S": "%1$s"}, "project_id": {"S": "%1$s"}, \
            "domain_id": {"S": "%1$s"}}}\
            """
                .formatted(key.group(1)));
  }
}
