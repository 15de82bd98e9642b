package dev.marketreserve.dynamodb;

import static dev.marketreserve.reservation.Requests.id;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.Requests;
import dev.marketreserve.reservation.Reservation;
import dev.marketreserve.reservation.ReserveRequest;
import dev.marketreserve.reservation.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

@Tag("dynamodb")
@ExtendWith(DynamoDbExtension.class)
class ReservationsTableTest {

  private final Deadline deadline = Deadline.in(Duration.ofSeconds(10));
  private final Tables tables;
  private final ReservationsTable reservations;

  ReservationsTableTest(Tables tables) {
    this.tables = tables;
    this.reservations =
        new ReservationsTable(tables.dynamoDb(), tables.settings().reservationsTable());
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(strings = "key")
  void theFirstReservationOfAGroupIsKept(@Nullable String key) {
    String group = "kept-" + key;
    Reservation first = Requests.reservation(group, key);
    Reservation other = Requests.reservation(group, "other");
    Reservation keyless = Requests.reservation(group, null);
    for (Reservation wanted : List.of(first, first, other, keyless)) {
      assertEquals(first, reservations.putIfAbsent(wanted, deadline));
    }
  }

  @Test
  void theItemHasEveryAttribute() {
    Reservation reservation = Requests.reservation("attributes", "key");
    reservations.putIfAbsent(reservation, deadline);
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
  void theItemHasCanonicalIdsAndNoKeyIfTheRequestHadNone() {
    Reservation reservation =
        new Reservation(
            new ReserveRequest(
                new Tenant(
                    id("D0000000000000000000000000000001"),
                    id("D0000000000000000000000000000002"),
                    id("D0000000000000000000000000000003")),
                id("D0000000000000000000000000000004"),
                null),
            "purchase",
            Instant.EPOCH);
    reservations.putIfAbsent(reservation, deadline);
    assertEquals(
        Map.of(
            "group_id", "d0000000-0000-0000-0000-000000000004",
            "purchase_id", "purchase",
            "domain_id", "d0000000-0000-0000-0000-000000000001",
            "project_id", "d0000000-0000-0000-0000-000000000002",
            "instance_id", "d0000000-0000-0000-0000-000000000003",
            "created_at", "1970-01-01T00:00:00.000Z"),
        tables.reservation("d0000000-0000-0000-0000-000000000004"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"domain_id", "project_id", "instance_id", "idempotency_key"})
  void theErrorForAMalformedItemNamesTheAttribute(String attribute) {
    Reservation wanted = Requests.reservation("without-" + attribute, "key");
    reservations.putIfAbsent(wanted, deadline);
    Map<String, AttributeValue> item = new HashMap<>();
    tables
        .reservation("without-" + attribute)
        .forEach((name, value) -> item.put(name, AttributeValue.fromS(value)));
    item.put(attribute, AttributeValue.fromS(" "));
    tables.client().putItem(put -> put.tableName(tables.settings().reservationsTable()).item(item));
    RuntimeException e =
        assertThrows(IllegalStateException.class, () -> reservations.putIfAbsent(wanted, deadline));
    assertEquals("A reservation has no valid " + attribute, e.getMessage());
  }
}
