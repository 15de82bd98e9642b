package dev.marketreserve.dynamodb;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.ResourceId;
import dev.marketreserve.reservation.Tenant;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
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
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpResponse;

/**
 * Concurrent requests of one environment share a client, but each call gets its own response and
 * keeps its own deadline.
 */
class SharedDynamoDbTest {

  private static final int THREADS = 16;
  private static final int CALLS = Integer.getInteger("shared.calls", 100);
  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration SHORT = Duration.ofMillis(5);

  @Test
  void concurrentCallsKeepTheirOwnResponsesAndDeadlines() throws Exception {
    AtomicInteger cutOff = new AtomicInteger();
    try (DynamoDb dynamoDb =
            DynamoDb.open(
                new Echo(),
                client -> DynamoDbServer.pointTo(URI.create("http://localhost"), client));
        ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      InstanceOwnersTable owners = new InstanceOwnersTable(dynamoDb, "InstanceOwnersTable");
      List<Future<?>> done = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        boolean patient = thread % 2 == 0;
        String name = "tenant-" + thread + "-";
        done.add(
            threads.submit(
                () -> {
                  for (int call = 0; call < CALLS; call++) {
                    ResourceId id = ResourceId.parse(name + call).orElseThrow();
                    Tenant tenant = new Tenant(id, id, id);
                    if (patient) {
                      assertTrue(owners.isOwner(tenant, Deadline.in(LONG)), id::toString);
                    } else {
                      cutOff.addAndGet(isCutOff(owners, tenant) ? 1 : 0);
                    }
                  }
                }));
      }
      for (Future<?> thread : done) {
        thread.get();
      }
    }
    assertTrue(cutOff.get() > 0, "No deadline was short enough");
  }

  private static boolean isCutOff(InstanceOwnersTable owners, Tenant tenant) {
    try {
      assertTrue(owners.isOwner(tenant, Deadline.in(SHORT)), tenant::toString);
      return false;
    } catch (UnknownOutcomeException e) {
      return true;
    }
  }

  /**
   * A DynamoDB in which each instance belongs to the tenant whose three ids are equal. One first
   * attempt in three fails.
   */
  private static final class Echo implements SdkHttpClient {

    private static final Pattern KEY = Pattern.compile("\"instance_id\":\\{\"S\":\"([^\"]+)\"}");
    private final AtomicInteger firstAttempts = new AtomicInteger();

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
      return new ExecutableHttpRequest() {
        @Override
        public HttpExecuteResponse call() throws IOException {
          String id = instance(request);
          return isFirstAttempt(request) && firstAttempts.incrementAndGet() % 3 == 0
              ? response(500, "{}")
              : response(
                  200,
                  """
                  {"Item": {"instance_id": {"S": "%1$s"}, "project_id": {"S": "%1$s"}, \
                  "domain_id": {"S": "%1$s"}}}"""
                      .formatted(id));
        }

        @Override
        public void abort() {}
      };
    }

    private static boolean isFirstAttempt(HttpExecuteRequest request) {
      return request
          .httpRequest()
          .firstMatchingHeader("amz-sdk-request")
          .orElseThrow()
          .startsWith("attempt=1");
    }

    private static String instance(HttpExecuteRequest request) throws IOException {
      try (InputStream body = request.contentStreamProvider().orElseThrow().newStream()) {
        Matcher key = KEY.matcher(new String(body.readAllBytes(), StandardCharsets.UTF_8));
        assertTrue(key.find());
        return key.group(1);
      }
    }

    private static HttpExecuteResponse response(int status, String body) {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      return HttpExecuteResponse.builder()
          .response(SdkHttpResponse.builder().statusCode(status).build())
          .responseBody(AbortableInputStream.create(new ByteArrayInputStream(bytes)))
          .build();
    }

    @Override
    public void close() {}
  }
}
