package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The packaged function in a warm environment that serves several requests at once. A cold one may
 * return 500 for some of them, because each request's time includes loading classes.
 */
@RuntimeTest
class ConcurrencyIT {

  private static final int AT_ONCE = 16;

  @AutoClose private static PackagedFunction function;

  @BeforeAll
  static void start(Tables tables) {
    PackagedFunction.registerTenant(tables);
    Map<String, String> environment = PackagedFunction.environment(tables);
    environment.put("AWS_LAMBDA_MAX_CONCURRENCY", Integer.toString(AT_ONCE));
    function = PackagedFunction.start(environment);
    function.reserve();
  }

  @Test
  void requestsForDifferentGroupsGetTheirOwnResponses(Tables tables) {
    List<String> groups =
        Stream.generate(() -> UUID.randomUUID().toString()).limit(AT_ONCE).toList();

    List<ReceivedResponse> responses = sendAtOnce(groups);

    for (int i = 0; i < AT_ONCE; i++) {
      assertEquals(201, responses.get(i).status());
      assertEquals(groups.get(i), responses.get(i).body().get("group_id").asText());
      assertEquals(
          tables.reservation(groups.get(i)).get("purchase_id"), responses.get(i).purchaseId());
    }
    assertTrue(function.runtime().output().getFirst().contains(AT_ONCE + " concurrent"));
  }

  @Test
  void exactlyOneOfManyRequestsReservesTheGroup() {
    String group = UUID.randomUUID().toString();

    List<ReceivedResponse> responses = sendAtOnce(Collections.nCopies(AT_ONCE, group));

    assertEquals(
        Map.of(201, 1L, 409, AT_ONCE - 1L),
        responses.stream()
            .collect(Collectors.groupingBy(ReceivedResponse::status, Collectors.counting())));
  }

  private static List<ReceivedResponse> sendAtOnce(List<String> groups) {
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      return groups.stream()
          .map(group -> CompletableFuture.supplyAsync(() -> function.reserve(group), callers))
          .toList()
          .stream()
          .map(CompletableFuture::join)
          .toList();
    }
  }
}
