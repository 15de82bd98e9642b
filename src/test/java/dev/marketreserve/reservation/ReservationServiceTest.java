package dev.marketreserve.reservation;

import static dev.marketreserve.reservation.Requests.id;
import static dev.marketreserve.reservation.Requests.key;
import static dev.marketreserve.reservation.Requests.request;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.marketreserve.reservation.Outcome.HeldByOtherTenant;
import dev.marketreserve.reservation.Outcome.HeldBySameTenant;
import dev.marketreserve.reservation.Outcome.NotOwner;
import dev.marketreserve.reservation.Outcome.Reserved;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ReservationServiceTest {

  private static final InstantSource NOON =
      InstantSource.fixed(Instant.parse("2026-01-02T12:00:00.123456789Z"));

  private final Map<ResourceId, Reservation> stored = new HashMap<>();
  private final Reservations reservations =
      (wanted, due) -> stored.computeIfAbsent(wanted.request().groupId(), group -> wanted);
  private final AtomicInteger purchases = new AtomicInteger();
  private final Deadline deadline = Deadline.in(Duration.ofSeconds(10));

  private final ReservationService service = service((tenant, due) -> true, reservations);

  @Test
  void oneKeyMayReserveManyGroups() {
    assertEquals(new Reserved("purchase-1", false), reserve(request("group", "key")));
    assertEquals(new Reserved("purchase-2", false), reserve(request("other-group", "key")));
  }

  @ParameterizedTest
  @MethodSource
  void aSecondRequestIsARetryOrAConflict(
      Outcome expected, @Nullable String firstKey, ReserveRequest second) {
    assertEquals(new Reserved("purchase-1", false), reserve(request("group", firstKey)));
    assertEquals(expected, reserve(second));
    assertEquals(expected, reserve(second));
  }

  static Stream<Arguments> aSecondRequestIsARetryOrAConflict() {
    Outcome retry = new Reserved("purchase-1", true);
    Outcome own = new HeldBySameTenant("purchase-1");
    Outcome others = new HeldByOtherTenant();
    return Stream.of(
        Arguments.of(retry, "key", request("group", "key")),
        Arguments.of(own, "key", request("group", "other")),
        Arguments.of(own, "key", request("group", "KEY")),
        Arguments.of(own, "key", request("group", null)),
        Arguments.of(own, null, request("group", "key")),
        Arguments.of(own, null, request("group", null)),
        Arguments.of(others, "key", of("other", "project", "instance", "key")),
        Arguments.of(others, "key", of("domain", "other", "instance", "key")),
        Arguments.of(others, "key", of("domain", "project", "other", "key")),
        Arguments.of(others, "key", of("other", "project", "instance", null)));
  }

  @Test
  void nonOwnerReservesNothing() {
    ReservationService nobodyOwns = service((tenant, due) -> false, reservations);
    assertEquals(new NotOwner(), nobodyOwns.reserve(request("group", null), deadline));
    assertEquals(Map.of(), stored);
  }

  @Test
  void theRequestIsCheckedAndStoredAndTheOwnershipCheckGetsHalfOfTheTime() {
    List<Object> seen = new ArrayList<>();
    List<Long> minutesLeft = new ArrayList<>();
    ReservationService recording =
        service(
            (tenant, due) -> {
              minutesLeft.add(due.remaining().toMinutes());
              return seen.add(tenant);
            },
            (wanted, due) -> {
              minutesLeft.add(due.remaining().toMinutes());
              seen.add(wanted);
              return wanted;
            });
    recording.reserve(request("group", "key"), Deadline.in(Duration.ofHours(2)));
    assertEquals(
        List.of(
            request("group", "key").tenant(),
            new Reservation(
                request("group", "key"), "purchase-1", Instant.parse("2026-01-02T12:00:00.123Z"))),
        seen);
    assertEquals(List.of(59L, 119L), minutesLeft);
  }

  private ReservationService service(InstanceOwners owners, Reservations store) {
    return new ReservationService(
        owners, store, NOON, () -> "purchase-" + purchases.incrementAndGet());
  }

  private Outcome reserve(ReserveRequest request) {
    return service.reserve(request, deadline);
  }

  private static ReserveRequest of(
      String domain, String project, String instance, @Nullable String key) {
    return new ReserveRequest(
        new Tenant(id(domain), id(project), id(instance)), id("group"), key(key));
  }
}
