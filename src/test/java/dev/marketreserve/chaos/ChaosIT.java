package dev.marketreserve.chaos;

import static dev.marketreserve.reservation.Requests.reservation;
import static dev.marketreserve.reservation.Requests.rivals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.ReserveHandler;
import dev.marketreserve.chaos.ChaosRun.Waits;
import dev.marketreserve.chaos.History.Violation;
import dev.marketreserve.dynamodb.DynamoDb;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.InstanceOwnersTable;
import dev.marketreserve.dynamodb.ReservationsTable;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.InstanceOwners;
import dev.marketreserve.reservation.Reservation;
import dev.marketreserve.reservation.Reservations;
import dev.marketreserve.reservation.ReserveRequest;
import dev.marketreserve.reservation.ResourceId;
import dev.marketreserve.reservation.Tenant;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The function keeps its promises under random faults, and the checker finds broken ones. {@code
 * -Dchaos.requests} makes the run longer, {@code -Dchaos.seed} repeats one.
 */
@ExtendWith(DynamoDbExtension.class)
class ChaosIT {

  private static final int REQUESTS = Integer.getInteger("chaos.requests", 2_000);
  private static final long SEED =
      Long.getLong("chaos.seed", ThreadLocalRandom.current().nextLong());
  private static final Path FILE = Path.of("target", "chaos", "history.jsonl");
  private static final Set<String> ANSWERS =
      Set.of("201", "201 replayed", "403 APIG.1136", "409 APIG.3402", "500 APIG.9999");

  private final Tables tables;

  ChaosIT(Tables tables) {
    this.tables = tables;
  }

  @Test
  @Timeout(value = 3, unit = TimeUnit.HOURS)
  void noFaultBreaksAPromise() throws Exception {
    System.out.printf(Locale.ROOT, "Chaos: -Dchaos.seed=%d -Dchaos.requests=%d%n", SEED, REQUESTS);
    long start = System.nanoTime();
    Files.createDirectories(FILE.getParent());
    new ChaosRun(SEED, REQUESTS, 0.2, 0.02, Waits.LONG)
        .against(dynamoDb -> new ReserveHandler(tables.settings(), dynamoDb), tables)
        .write(FILE);
    long end = System.nanoTime();
    History history = History.read(FILE);
    List<Violation> violations = history.violations();
    System.out.printf(
        Locale.ROOT,
        "Chaos: %s in %d s, checked in %d s, responses %s%n",
        history.count(),
        Duration.ofNanos(end - start).toSeconds(),
        Duration.ofNanos(System.nanoTime() - end).toSeconds(),
        history.answers());
    assertEquals(List.of(), violations, () -> "Repeat with -Dchaos.seed=" + SEED);
    assertTrue(
        history.answers().keySet().containsAll(ANSWERS), "not every kind of response occurred");
  }

  @Test
  @SuppressWarnings("ReferenceEquality") // an item read from the table is another object
  void theCheckerFindsAnOwnWriteReportedAsAConflict() throws Exception {
    assertFound((table, wanted, deadline) -> {
      Reservation standing = table.putIfAbsent(wanted, deadline);
      return standing == wanted ? wanted : reservation(rivals(standing.request()));
    });
  }

  @Test
  void theCheckerFindsATimeoutReportedAsAConflict() throws Exception {
    assertFound((table, wanted, deadline) -> {
      try {
        return table.putIfAbsent(wanted, deadline);
      } catch (UnknownOutcomeException e) {
        return reservation(rivals(wanted.request()));
      }
    });
  }

  @Test
  void theCheckerFindsAWriteBeforeTheOwnershipCheck() throws Exception {
    assertFound(
        new ChaosRun(SEED, 150, 0.4, 0, Waits.LONG),
        dynamoDb -> {
          ReserveHandler careless =
              Caller.function((tenant, deadline) -> true, reservations(dynamoDb));
          ReserveHandler careful = Caller.function(owners(dynamoDb), reservations(dynamoDb));
          return (event, context) -> {
            careless.handleRequest(event, context);
            return careful.handleRequest(event, context);
          };
        });
  }

  @Test
  void theCheckerFindsAPurchaseIdShownToAnotherTenant() throws Exception {
    assertFound((table, wanted, deadline) -> {
      Reservation standing = table.putIfAbsent(wanted, deadline);
      return new Reservation(
          keyless(wanted.request()), standing.purchaseId(), standing.createdAt());
    });
  }

  @Test
  void theCheckerFindsAPurchaseIdHiddenFromItsHolder() throws Exception {
    assertFound((table, wanted, deadline) -> {
      Reservation standing = table.putIfAbsent(wanted, deadline);
      return standing.purchaseId().equals(wanted.purchaseId())
          ? standing
          : reservation(rivals(standing.request()));
    });
  }

  @Test
  void theCheckerFindsAnUnconditionalWrite() throws Exception {
    assertFound((table, wanted, deadline) -> {
      tables.release(wanted.request().groupId().canonical());
      return table.putIfAbsent(wanted, deadline);
    });
  }

  @Test
  void theCheckerFindsACachedOwner() throws Exception {
    assertFoundWithoutFaults(dynamoDb -> {
      InstanceOwners owners = owners(dynamoDb);
      Set<Tenant> known = ConcurrentHashMap.newKeySet();
      return Caller.function(
          (tenant, deadline) -> {
            if (!known.contains(tenant) && owners.isOwner(tenant, deadline)) {
              known.add(tenant);
            }
            return known.contains(tenant);
          },
          reservations(dynamoDb));
    });
  }

  @Test
  void theCheckerFindsACachedReservation() throws Exception {
    Map<ResourceId, Reservation> known = new ConcurrentHashMap<>();
    assertFoundWithoutFaults(dynamoDb -> {
      Reservations table = reservations(dynamoDb);
      return Caller.function(
          owners(dynamoDb),
          (wanted, deadline) ->
              known.computeIfAbsent(
                  wanted.request().groupId(), group -> table.putIfAbsent(wanted, deadline)));
    });
  }

  @Test
  void theCheckerFindsAReleaseWithoutAWait() {
    assertFoundWithALateWrite((call, operator, tenant, group) -> {
      call.join();
      operator.release(group);
    });
  }

  @Test
  void theCheckerFindsAMoveWithoutAWait() {
    assertFoundWithALateWrite((call, operator, tenant, group) -> {
      operator.revoke(tenant);
      operator.register(new TenantIds("other", tenant.projectId(), tenant.instanceId()));
      operator.lookUp(group);
    });
  }

  private void assertFound(BrokenWrite broken) throws Exception {
    assertFound(
        new ChaosRun(SEED, 150, 0.4, 0, Waits.LONG),
        dynamoDb -> {
          Reservations table = reservations(dynamoDb);
          return Caller.function(
              owners(dynamoDb), (wanted, deadline) -> broken.putIfAbsent(table, wanted, deadline));
        });
  }

  /** Without faults no attempt is late, so a short wait is enough. */
  private void assertFoundWithoutFaults(
      Function<DynamoDb, RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent>>
          broken)
      throws Exception {
    Duration wait = Duration.ofMillis(50);
    assertFound(new ChaosRun(SEED, 500, 0, 0, new Waits(wait, wait)), broken);
  }

  /** The operator acts while the function's first write is held back. */
  private void assertFoundWithALateWrite(Haste haste) {
    Operator operator = new Operator(tables);
    TenantIds tenant = new TenantIds("domain", "project", operator.name("instance", 0));
    String group = operator.name("group", 0);
    AtomicBoolean held = new AtomicBoolean();
    CompletableFuture<Boolean> arrived = new CompletableFuture<>();
    CompletableFuture<Boolean> released = new CompletableFuture<>();
    try (FaultyDynamoDb faulty =
            FaultyDynamoDb.start(
                tables.endpoint(),
                call -> {
                  if (call.isWrite() && held.compareAndSet(false, true)) {
                    arrived.complete(true);
                    released.join();
                  }
                  return Fault.NONE;
                });
        DynamoDb dynamoDb = faulty.open()) {
      operator.register(tenant);
      Caller caller = new Caller(new ReserveHandler(tables.settings(), dynamoDb), tenant);
      CompletableFuture<?> call =
          CompletableFuture.runAsync(() -> operator.watch(caller, group, null));
      arrived.join();
      haste.act(call, operator, tenant, group);
      released.complete(true);
      call.join();
      faulty.awaitQuiet();
    }
    assertFalse(operator.history().violations().isEmpty());
  }

  private void assertFound(
      ChaosRun run,
      Function<DynamoDb, RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent>>
          broken)
      throws Exception {
    List<Violation> found = List.of();
    Deadline patience = Deadline.in(Duration.ofMinutes(2));
    while (found.isEmpty() && patience.remaining().isPositive()) {
      found = run.against(broken, tables).violations();
    }
    assertFalse(found.isEmpty(), () -> "The checker found nothing with -Dchaos.seed=" + SEED);
  }

  private InstanceOwners owners(DynamoDb dynamoDb) {
    return new InstanceOwnersTable(dynamoDb, tables.settings().instanceOwnersTable());
  }

  private Reservations reservations(DynamoDb dynamoDb) {
    return new ReservationsTable(dynamoDb, tables.settings().reservationsTable());
  }

  private static ReserveRequest keyless(ReserveRequest request) {
    return new ReserveRequest(request.tenant(), request.groupId(), null);
  }

  /** What the operator does without a wait. */
  private interface Haste {
    void act(CompletableFuture<?> call, Operator operator, TenantIds tenant, String group);
  }

  /** Replaces the table's write with one that breaks a promise. */
  private interface BrokenWrite {
    Reservation putIfAbsent(Reservations table, Reservation wanted, Deadline deadline);
  }
}
