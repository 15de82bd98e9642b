package dev.marketreserve.chaos;

import static dev.marketreserve.chaos.History.Promise.A_CONFLICT_NAMES_A_PURCHASE_TO_ITS_HOLDER_ALONE;
import static dev.marketreserve.chaos.History.Promise.NOTHING_WRITTEN_FOR_A_400_OR_403;
import static dev.marketreserve.chaos.History.Promise.NO_FALSE_CONFLICT;
import static dev.marketreserve.chaos.History.Promise.ONE_PURCHASE_AND_IT_IS_STORED;
import static dev.marketreserve.chaos.History.Promise.THE_HOLDER_LEARNS_ITS_PURCHASE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.ReserveHandler;
import dev.marketreserve.chaos.History.Promise;
import dev.marketreserve.chaos.History.Violation;
import dev.marketreserve.dynamodb.DynamoDb;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.InstanceOwnersTable;
import dev.marketreserve.dynamodb.ReservationsTable;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.InstanceOwners;
import dev.marketreserve.reservation.Reservation;
import dev.marketreserve.reservation.Reservations;
import dev.marketreserve.reservation.ReserveRequest;
import dev.marketreserve.reservation.ResourceId;
import dev.marketreserve.reservation.Tenant;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The promises of the function under random faults, and whether the checker would notice if it
 * broke them. {@code -Dchaos.requests} makes the run longer, {@code -Dchaos.seed} repeats one.
 */
@ExtendWith(DynamoDbExtension.class)
class ChaosIT {

  private static final int REQUESTS = Integer.getInteger("chaos.requests", 5_000);
  private static final long SEED =
      Long.getLong("chaos.seed", ThreadLocalRandom.current().nextLong());
  private static final Set<String> ANSWERS =
      Set.of(
          "201",
          "201 replayed",
          "400 APIG.2000",
          "403 APIG.1136",
          "409 APIG.3402",
          "500 APIG.9008",
          "500 APIG.9999");

  private final Tables tables;

  ChaosIT(Tables tables) {
    this.tables = tables;
  }

  @Test
  @Timeout(value = 3, unit = TimeUnit.HOURS)
  void noFaultBreaksAPromise() throws Exception {
    System.out.printf("Chaos: -Dchaos.seed=%d -Dchaos.requests=%d%n", SEED, REQUESTS);
    long start = System.nanoTime();
    History history =
        new ChaosRun(SEED, REQUESTS, 0.2)
            .against(dynamoDb -> new ReserveHandler(tables.settings(), dynamoDb), tables);
    System.out.printf(
        "Chaos: %d requests in %d s, %d reservations, answers %s%n",
        history.exchanges().size(),
        Duration.ofNanos(System.nanoTime() - start).toSeconds(),
        history.table().size(),
        history.answers());
    assertEquals(List.of(), history.violations(), () -> "Replay with -Dchaos.seed=" + SEED);
    assertEquals(ANSWERS, history.answers().keySet(), "every answer has been given");
  }

  @Test
  @SuppressWarnings("ReferenceEquality") // what is read from the table is another object
  void theCheckerFindsAnOwnWriteTakenForAnothers() throws Exception {
    assertFound(
        NO_FALSE_CONFLICT,
        (table, wanted, deadline) -> {
          Reservation standing = table.putIfAbsent(wanted, deadline);
          return standing == wanted ? wanted : rivals(standing);
        });
  }

  @Test
  void theCheckerFindsAConflictAnsweredForATimeout() throws Exception {
    assertFound(
        NO_FALSE_CONFLICT,
        (table, wanted, deadline) -> {
          try {
            return table.putIfAbsent(wanted, deadline);
          } catch (UnknownOutcomeException e) {
            return rivals(wanted);
          }
        });
  }

  @Test
  void theCheckerFindsAWriteBeforeTheOwnershipCheck() throws Exception {
    assertFound(
        NOTHING_WRITTEN_FOR_A_400_OR_403,
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
  void theCheckerFindsAPurchaseToldToAStranger() throws Exception {
    assertFound(
        A_CONFLICT_NAMES_A_PURCHASE_TO_ITS_HOLDER_ALONE,
        (table, wanted, deadline) -> {
          Reservation standing = table.putIfAbsent(wanted, deadline);
          return new Reservation(
              keyless(wanted.request()), standing.purchaseId(), standing.createdAt());
        });
  }

  @Test
  void theCheckerFindsAHolderWhoIsNotToldItsPurchase() throws Exception {
    assertFound(
        THE_HOLDER_LEARNS_ITS_PURCHASE,
        (table, wanted, deadline) -> {
          Reservation standing = table.putIfAbsent(wanted, deadline);
          return standing.purchaseId().equals(wanted.purchaseId()) ? standing : rivals(standing);
        });
  }

  @Test
  void theCheckerFindsAnUnconditionalWrite() throws Exception {
    assertFound(
        ONE_PURCHASE_AND_IT_IS_STORED,
        (table, wanted, deadline) -> {
          overwrite(wanted);
          return wanted;
        });
  }

  private void assertFound(Promise promise, BrokenWrite broken) throws Exception {
    assertFound(
        promise,
        dynamoDb -> {
          Reservations table = reservations(dynamoDb);
          return Caller.function(
              owners(dynamoDb), (wanted, deadline) -> broken.putIfAbsent(table, wanted, deadline));
        });
  }

  private void assertFound(
      Promise promise,
      Function<DynamoDb, RequestHandler<APIGatewayProxyRequestEvent, APIGatewayProxyResponseEvent>>
          broken)
      throws Exception {
    Set<Promise> found = EnumSet.noneOf(Promise.class);
    for (int run = 0; run < 10 && !found.contains(promise); run++) {
      History history = new ChaosRun(SEED + run, 200, 0.4).against(broken, tables);
      history.violations().stream().map(Violation::promise).forEach(found::add);
    }
    assertTrue(found.contains(promise), () -> found + " with -Dchaos.seed=" + SEED);
  }

  private InstanceOwners owners(DynamoDb dynamoDb) {
    return new InstanceOwnersTable(dynamoDb, tables.settings().instanceOwnersTable());
  }

  private Reservations reservations(DynamoDb dynamoDb) {
    return new ReservationsTable(dynamoDb, tables.settings().reservationsTable());
  }

  private void overwrite(Reservation reservation) {
    tables
        .client()
        .putItem(
            put ->
                put.tableName(tables.settings().reservationsTable())
                    .item(
                        Map.of(
                            "group_id", AttributeValue.fromS(reservation.groupId().canonical()),
                            "purchase_id", AttributeValue.fromS(reservation.purchaseId()),
                            "domain_id",
                                AttributeValue.fromS(
                                    reservation.request().tenant().domainId().canonical()))));
  }

  private static ReserveRequest keyless(ReserveRequest request) {
    return new ReserveRequest(request.tenant(), request.groupId(), null);
  }

  /** The reservation, as if another had made it. */
  private static Reservation rivals(Reservation reservation) {
    ReserveRequest request = reservation.request();
    return new Reservation(
        new ReserveRequest(
            new Tenant(
                ResourceId.parse("rival").orElseThrow(),
                request.tenant().projectId(),
                request.tenant().instanceId()),
            request.groupId(),
            null),
        UUID.randomUUID().toString(),
        reservation.createdAt());
  }

  /** A write of a reservation that breaks a promise, in place of the table's own. */
  private interface BrokenWrite {
    Reservation putIfAbsent(Reservations table, Reservation wanted, Deadline deadline);
  }
}
