package dev.marketreserve.snapstart;

import static dev.marketreserve.reservation.Requests.id;
import static dev.marketreserve.snapstart.CannedDynamoDb.TENANT;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.Settings;
import dev.marketreserve.dynamodb.DynamoDb;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.DynamoDbServer;
import dev.marketreserve.dynamodb.InstanceOwnersTable;
import dev.marketreserve.dynamodb.ReservationsTable;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReserveEndpoint;
import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.ReservationService;
import dev.marketreserve.reservation.Tenant;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.crac.Core;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(DynamoDbExtension.class)
class PrimingTest {

  private static final Duration NO_PATIENCE = Duration.ofMillis(1);

  private final Tables tables;
  private final Settings settings;
  private final AtomicBoolean restored = new AtomicBoolean();

  PrimingTest(Tables tables) {
    this.tables = tables;
    this.settings = tables.settings();
  }

  @Test
  void primingWritesNothingEvenIfItsTenantIsRegistered() {
    tables.register(new TenantIds(TENANT, TENANT, TENANT));
    prime(tables.dynamoDb(), settings);
    assertEquals(List.of(), tables.reservations());
  }

  @Test
  void dynamoDbIsClosedBeforeTheSnapshotAndReopenedAfterIt() {
    DynamoDb dynamoDb = tables.dynamoDb();
    Priming priming = priming(dynamoDb, settings, PrimingTest::wired);
    priming.beforeCheckpoint(Core.getGlobalContext());
    Tenant tenant = new Tenant(id("domain"), id("project"), id("instance"));
    assertThrows(
        RejectedExecutionException.class,
        () ->
            new InstanceOwnersTable(dynamoDb, settings.instanceOwnersTable())
                .isOwner(tenant, Deadline.in(Duration.ofSeconds(1))));
    assertFalse(restored.get());
    priming.afterRestore(Core.getGlobalContext());
    assertTrue(restored.get());
  }

  @Test
  void anUnreachableDynamoDbDoesNotStopTheSnapshot() {
    DynamoDb nowhere =
        DynamoDb.open(
            DynamoDb.http().build(),
            client -> DynamoDbServer.pointTo(URI.create("http://127.0.0.1:1"), client));
    assertDoesNotThrow(() -> prime(nowhere, settings));
  }

  @Test
  void aMissingTableOfOwnersStopsTheSnapshot() {
    Settings wrong = new Settings(settings.reservationsTable(), "no-such-table");
    assertStops(wrong, "could not read the table of instance owners", "ResourceNotFoundException");
  }

  @Test
  void aMissingTableOfReservationsStopsTheSnapshot() {
    Settings wrong = new Settings("no-such-table", settings.instanceOwnersTable());
    assertStops(wrong, "could not write to the table of reservations", "ResourceNotFound");
  }

  @Test
  void aTableWithAnotherKeyStopsTheSnapshot() {
    Settings wrong = new Settings(settings.instanceOwnersTable(), settings.instanceOwnersTable());
    assertStops(wrong, "could not write to the table of reservations", "required keys");
  }

  @Test
  void aFunctionThatReturnsAnUnexpectedStatusStopsTheSnapshot() {
    Priming priming =
        priming(
            tables.dynamoDb(),
            settings,
            (dynamoDb, clock, purchaseIds) ->
                new ReserveEndpoint(
                    new ReservationService(
                        (tenant, deadline) -> false,
                        (wanted, deadline) -> wanted,
                        clock,
                        purchaseIds)));
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class, () -> priming.beforeCheckpoint(Core.getGlobalContext()));
    assertEquals(
        "Priming failed: 1600 of 1600 requests returned an unexpected status."
            + " This version has a bug.",
        e.getMessage());
  }

  private void assertStops(Settings wrong, String what, String why) {
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> prime(tables.dynamoDb(), wrong));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.startsWith("Priming failed: " + what), message);
    assertTrue(message.contains(why), message);
  }

  private void prime(DynamoDb dynamoDb, Settings settings) {
    priming(dynamoDb, settings, PrimingTest::wired).beforeCheckpoint(Core.getGlobalContext());
  }

  private Priming priming(DynamoDb dynamoDb, Settings settings, Priming.Wiring wiring) {
    return new Priming(
        dynamoDb,
        new InstanceOwnersTable(dynamoDb, settings.instanceOwnersTable()),
        new ReservationsTable(dynamoDb, settings.reservationsTable()),
        wiring,
        () -> restored.set(true),
        NO_PATIENCE);
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
