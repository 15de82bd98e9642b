package dev.marketreserve.snapstart;

import static dev.marketreserve.reservation.Requests.id;
import static dev.marketreserve.snapstart.CannedDynamoDb.TENANT;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
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
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpResponse;

@ExtendWith(DynamoDbExtension.class)
class PrimingTest {

  private static final Duration NO_PATIENCE = Duration.ofMillis(1);

  private final Tables tables;
  private final Settings settings;
  private final AtomicBoolean reopened = new AtomicBoolean();

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
  void theSnapshotHasANewDynamoDb() {
    DynamoDb dynamoDb = tables.dynamoDb();
    Priming priming = priming(dynamoDb, settings, PrimingTest::wired);
    priming.beforeCheckpoint(Core.getGlobalContext());
    Tenant tenant = new Tenant(id("domain"), id("project"), id("instance"));
    assertThrows(
        RejectedExecutionException.class,
        () ->
            new InstanceOwnersTable(dynamoDb, settings.instanceOwnersTable())
                .isOwner(tenant, Deadline.in(Duration.ofSeconds(1))));
    assertTrue(reopened.get());
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

  @Test
  void aRoleThatMayNotReadStopsTheSnapshot() {
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () -> prime(refusing(Integer.MAX_VALUE), settings, NO_PATIENCE));
    assertTrue(String.valueOf(e.getMessage()).contains("AccessDeniedException"), e::toString);
  }

  @Test
  void aPermissionThatTakesEffectWithinAMinuteIsAwaited() {
    assertDoesNotThrow(() -> prime(refusing(1), settings, Duration.ofMinutes(1)));
  }

  /** A DynamoDB that first denies access so many times, and has neither owners nor reservations. */
  private static DynamoDb refusing(int times) {
    AtomicInteger refusals = new AtomicInteger(times);
    return DynamoDb.open(
        new SdkHttpClient() {
          @Override
          public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
            boolean write =
                request
                    .httpRequest()
                    .firstMatchingHeader("X-Amz-Target")
                    .orElseThrow()
                    .endsWith("PutItem");
            if (refusals.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
              return response(400, "{\"__type\": \"AccessDeniedException\"}");
            }
            return write
                ? response(400, "{\"__type\": \"ConditionalCheckFailedException\"}")
                : response(200, "{}");
          }

          @Override
          public void close() {}
        },
        client -> DynamoDbServer.pointTo(URI.create("http://127.0.0.1:1"), client));
  }

  private static ExecutableHttpRequest response(int status, String body) {
    return new ExecutableHttpRequest() {
      @Override
      public HttpExecuteResponse call() {
        return HttpExecuteResponse.builder()
            .response(SdkHttpResponse.builder().statusCode(status).build())
            .responseBody(
                AbortableInputStream.create(
                    new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8))))
            .build();
      }

      @Override
      public void abort() {}
    };
  }

  private void assertStops(Settings wrong, String what, String why) {
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> prime(tables.dynamoDb(), wrong));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.startsWith("Priming failed: " + what), message);
    assertTrue(message.contains(why), message);
  }

  private void prime(DynamoDb dynamoDb, Settings settings) {
    prime(dynamoDb, settings, NO_PATIENCE);
  }

  private void prime(DynamoDb dynamoDb, Settings settings, Duration patience) {
    priming(dynamoDb, settings, PrimingTest::wired, patience)
        .beforeCheckpoint(Core.getGlobalContext());
  }

  private Priming priming(DynamoDb dynamoDb, Settings settings, Priming.Wiring wiring) {
    return priming(dynamoDb, settings, wiring, NO_PATIENCE);
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
