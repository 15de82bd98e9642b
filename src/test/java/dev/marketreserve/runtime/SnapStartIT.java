package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * The packaged function under SnapStart's protocol: start, hooks before the snapshot, wait, hooks
 * after the restore, requests.
 */
@RuntimeTest
class SnapStartIT {

  @Test
  void purchaseIdsAndTimesAreMadeAfterTheRestore(Tables tables) {
    PackagedFunction.registerTenant(tables);
    Map<String, String> environment =
        PackagedFunction.withSnapStart(PackagedFunction.environment(tables));
    try (PackagedFunction one = PackagedFunction.start(environment);
        PackagedFunction other = PackagedFunction.start(environment)) {
      one.runtime().api().awaitCheckpoint();
      other.runtime().api().awaitCheckpoint();
      assertEquals(List.of(), tables.reservations());

      Instant restored = Instant.now().truncatedTo(ChronoUnit.MILLIS);
      one.runtime().api().restore();
      other.runtime().api().restore();
      Set<String> purchases = new HashSet<>();
      for (PackagedFunction function : List.of(one, other, one, other)) {
        String group = UUID.randomUUID().toString();
        ReceivedResponse response = function.reserve(group);
        assertEquals(201, response.status());
        purchases.add(response.purchaseId());
        Instant created = Instant.parse(tables.reservation(group).get("created_at"));
        assertFalse(created.isBefore(restored), created + " is before " + restored);
      }
      assertEquals(4, purchases.size());
    }
  }

  @Test
  void theFirstRequestAfterARestoreFetchesNewCredentials(Tables tables) {
    PackagedFunction.registerTenant(tables);
    Map<String, String> environment =
        PackagedFunction.withSnapStart(PackagedFunction.environment(tables));
    try (PackagedFunction function = PackagedFunction.start(environment)) {
      RuntimeApi lambda = function.runtime().api();
      lambda.awaitCheckpoint();
      int before = lambda.credentialsServed();
      lambda.restore();

      function.reserve();
      assertEquals(before + 1, lambda.credentialsServed());

      function.reserve();
      assertEquals(before + 1, lambda.credentialsServed());
    }
  }
}
