package dev.marketreserve.snapstart;

import static dev.marketreserve.dynamodb.StubHttp.response;
import static dev.marketreserve.reservation.Requests.id;
import static dev.marketreserve.snapstart.CannedDynamoDb.TENANT;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.Settings;
import dev.marketreserve.dynamodb.DynamoDb;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.InstanceOwnersTable;
import dev.marketreserve.dynamodb.ReservationsTable;
import dev.marketreserve.dynamodb.StubHttp;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReserveEndpoint;
import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.ReservationService;
import dev.marketreserve.reservation.Tenant;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.crac.Core;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(DynamoDbExtension.class)
class PrimingTest {

  private static final Duration NO_PATIENCE = Duration.ofMillis(1);

  private final Tables tables;
  private final String owners;
  private final String reservations;
  private final AtomicBoolean reopened = new AtomicBoolean();

  PrimingTest(Tables tables) {
    this.tables = tables;
    this.owners = tables.settings().instanceOwnersTable();
    this.reservations = tables.settings().reservationsTable();
  }

  @Test
  void primingWritesNothingEvenForARegisteredTenantAndReplacesTheClient() {
    tables.register(new TenantIds(TENANT, TENANT, TENANT));
    DynamoDb dynamoDb = tables.dynamoDb();
    prime(dynamoDb, tables.settings());
    assertEquals(List.of(), tables.reservations());
    Tenant tenant = new Tenant(id("domain"), id("project"), id("instance"));
    InstanceOwnersTable table = new InstanceOwnersTable(dynamoDb, owners);
    assertThrows(
        RejectedExecutionException.class,
        () -> table.isOwner(tenant, Deadline.in(Duration.ofSeconds(1))));
    assertTrue(reopened.get());
  }

  @Test
  void anOutageOfDynamoDbDoesNotStopTheSnapshot() {
    DynamoDb broken = StubHttp.open(request -> response(503, "{}"));
    assertDoesNotThrow(() -> prime(broken, tables.settings()));
  }

  @Test
  void aWrongTableStopsTheSnapshot() {
    String cannotRead = "could not read the instance owners table";
    String cannotWrite = "could not write to the reservations table";
    DynamoDb dynamoDb = tables.dynamoDb();
    assertStops(
        cannotRead, "ResourceNotFound", dynamoDb, new Settings(reservations, "no-such-table"));
    assertStops(cannotWrite, "ResourceNotFound", dynamoDb, new Settings("no-such-table", owners));
    assertStops(cannotWrite, "required keys", dynamoDb, new Settings(owners, owners));
  }

  @Test
  void aRoleThatMayNotReadStopsTheSnapshot() {
    assertStops(
        "could not read the instance owners table",
        "AccessDeniedException",
        refusing(Integer.MAX_VALUE),
        tables.settings());
  }

  @Test
  void primingWaitsForAPermissionThatTakesEffectWithinAMinute() {
    Priming priming =
        priming(refusing(1), tables.settings(), PrimingTest::wired, Duration.ofMinutes(1));
    assertDoesNotThrow(() -> priming.beforeCheckpoint(Core.getGlobalContext()));
  }

  @Test
  void aFunctionThatReturnsAnUnexpectedStatusStopsTheSnapshot() {
    Priming.Wiring nobodyOwns =
        (dynamoDb, clock, purchaseIds) ->
            new ReserveEndpoint(
                new ReservationService(
                    (tenant, deadline) -> false, (wanted, deadline) -> wanted, clock, purchaseIds));
    Priming priming = priming(tables.dynamoDb(), tables.settings(), nobodyOwns, NO_PATIENCE);
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class, () -> priming.beforeCheckpoint(Core.getGlobalContext()));
    assertEquals(
        "Priming failed: 1000 of 1000 requests returned an unexpected status."
            + " This version has a bug.",
        e.getMessage());
  }

  /** A DynamoDB without items that denies access the first {@code times} times. */
  private static DynamoDb refusing(int times) {
    AtomicInteger refusals = new AtomicInteger(times);
    return StubHttp.open(request -> {
      if (refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
        return response(400, "{\"__type\": \"AccessDeniedException\"}");
      }
      String call = request.httpRequest().firstMatchingHeader("X-Amz-Target").orElseThrow();
      return call.endsWith("PutItem")
          ? response(400, "{\"__type\": \"ConditionalCheckFailedException\"}")
          : response(200, "{}");
    });
  }

  private void assertStops(String what, String why, DynamoDb dynamoDb, Settings settings) {
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> prime(dynamoDb, settings));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.startsWith("Priming failed: " + what), message);
    assertTrue(message.contains(why), message);
  }

  private void prime(DynamoDb dynamoDb, Settings settings) {
    priming(dynamoDb, settings, PrimingTest::wired, NO_PATIENCE)
        .beforeCheckpoint(Core.getGlobalContext());
  }

  private Priming priming(
      DynamoDb dynamoDb, Settings settings, Priming.Wiring wiring, Duration patience) {
    return new Priming(
        dynamoDb,
        new InstanceOwnersTable(dynamoDb, settings.instanceOwnersTable()),
        new ReservationsTable(dynamoDb, settings.reservationsTable()),
        wiring,
        () -> reopened.set(true),
        patience);
  }

  private static ReserveEndpoint wired(
      DynamoDb dynamoDb, InstantSource clock, Supplier<String> purchaseIds) {
    return new ReserveEndpoint(
        new ReservationService(
            new InstanceOwnersTable(dynamoDb, "owners"),
            new ReservationsTable(dynamoDb, "reservations"),
            clock,
            purchaseIds));
  }
}
