package dev.marketreserve.dynamodb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.Requests;
import dev.marketreserve.reservation.Reservation;
import dev.marketreserve.reservation.Reservations;
import dev.marketreserve.reservation.ReservationsContract;
import dev.marketreserve.reservation.StoreUnavailableException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbEnhancedClient;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;

@Tag("dynamodb")
@ExtendWith(DynamoDbExtension.class)
class ReservationsTableTest extends ReservationsContract {

  private final Deadline deadline = Deadline.in(Duration.ofSeconds(10));
  private final Tables tables;

  ReservationsTableTest(Tables tables) {
    this.tables = tables;
  }

  @Override
  protected Reservations reservations() {
    return in(tables.settings().reservationsTable());
  }

  @Test
  void theItemHasTheAttributesOfTheContract() {
    Reservation reservation = Requests.reservation("attributes", "key");
    reservations().putIfAbsent(reservation, deadline);
    assertEquals(
        Map.of(
            "group_id", "attributes",
            "purchase_id", reservation.purchaseId(),
            "domain_id", "domain",
            "project_id", "project",
            "instance_id", "instance",
            "created_at", "2026-01-02T03:04:05.060Z",
            "idempotency_key", "key"),
        tables.reservation("attributes"));
  }

  @Test
  void withoutAnIdempotencyKeyTheItemHasNoSuchAttribute() {
    reservations().putIfAbsent(Requests.reservation("keyless", null), deadline);
    assertFalse(tables.reservation("keyless").containsKey("idempotency_key"));
  }

  @Test
  void aTableThatIsNotThereIsAnOutageThatKeepsItsCause() {
    StoreUnavailableException e =
        assertThrows(
            StoreUnavailableException.class,
            () -> in("no-such-table").putIfAbsent(Requests.reservation("g", null), deadline));
    assertFalse(e.throttled());
    assertInstanceOf(ResourceNotFoundException.class, e.getCause());
  }

  @Test
  void afterTheDeadlineNothingIsWritten() {
    Deadline over = Deadline.in(Duration.ZERO);
    assertThrows(
        StoreUnavailableException.class,
        () -> reservations().putIfAbsent(Requests.reservation("too-late", null), over));
    assertEquals(Map.of(), tables.reservation("too-late"));
  }

  private static Reservations in(String table) {
    return new ReservationsTable(
        DynamoDbEnhancedClient.builder()
            .dynamoDbClient(RetryBudget.clientBuilder().build())
            .build(),
        table);
  }
}
