package dev.marketreserve.reservation;

import static dev.marketreserve.reservation.Requests.id;
import static dev.marketreserve.reservation.Requests.key;
import static dev.marketreserve.reservation.Requests.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.reservation.Outcome.HeldByOtherTenant;
import dev.marketreserve.reservation.Outcome.HeldBySameTenant;
import dev.marketreserve.reservation.Outcome.NotOwner;
import dev.marketreserve.reservation.Outcome.Reserved;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReservationServiceTest {

  private static final InstantSource NOON =
      InstantSource.fixed(Instant.parse("2026-01-02T12:00:00.123456789Z"));

  private final InMemoryReservations reservations = new InMemoryReservations();
  private final AtomicInteger purchases = new AtomicInteger();
  private final Deadline deadline = Deadline.in(Duration.ofSeconds(10));

  private final ReservationService service =
      new ReservationService((tenant, due) -> true, reservations, NOON, this::nextPurchase);

  @Test
  void theFirstRequestReservesTheGroup() {
    assertEquals(new Reserved("purchase-1", false), reserve(request("group", null)));
  }

  @Test
  void aRequestWithoutAKeyIsNeverARetry() {
    reserve(request("group", null));
    assertEquals(new HeldBySameTenant("purchase-1"), reserve(request("group", null)));
  }

  @Test
  void aRetryWithTheSameKeyReturnsTheFirstPurchaseId() {
    reserve(request("group", "key"));
    assertEquals(new Reserved("purchase-1", true), reserve(request("group", "key")));
    assertEquals(new Reserved("purchase-1", true), reserve(request("group", "key")));
  }

  @Test
  void oneKeyMayReserveManyGroups() {
    reserve(request("group", "key"));
    assertEquals(new Reserved("purchase-2", false), reserve(request("other-group", "key")));
  }

  @ParameterizedTest
  @MethodSource
  void anotherTenantLearnsNothingOfThePurchase(ReserveRequest other) {
    reserve(request("group", "key"));
    assertEquals(new HeldByOtherTenant(), reserve(other));
  }

  static Stream<ReserveRequest> anotherTenantLearnsNothingOfThePurchase() {
    return Stream.of(
        of("other", "project", "instance", "key"),
        of("domain", "other", "instance", "key"),
        of("domain", "project", "other", "key"),
        of("other", "project", "instance", null));
  }

  @ParameterizedTest
  @MethodSource
  void theHolderLearnsItsPurchaseIdWithAnotherKeyToo(ReserveRequest other) {
    reserve(request("group", "key"));
    assertEquals(new HeldBySameTenant("purchase-1"), reserve(other));
  }

  static Stream<ReserveRequest> theHolderLearnsItsPurchaseIdWithAnotherKeyToo() {
    return Stream.of(
        of("domain", "project", "instance", "other"),
        of("domain", "project", "instance", "KEY"),
        of("domain", "project", "instance", null));
  }

  @Test
  void aKeyDoesNotMatchAReservationWithoutOne() {
    reserve(request("group", null));
    assertEquals(new HeldBySameTenant("purchase-1"), reserve(request("group", "key")));
  }

  @Test
  void nonOwnerReservesNothing() {
    ReservationService nobodyOwns =
        new ReservationService((tenant, due) -> false, reservations, NOON, () -> "purchase");
    assertEquals(new NotOwner(), nobodyOwns.reserve(request("group", null), deadline));
    assertTrue(reservations.isEmpty());
  }

  @Test
  void ownerAndReservationAreThoseOfTheRequest() {
    List<Object> seen = new ArrayList<>();
    recording(seen::add, due -> {}).reserve(request("group", "key"), deadline);
    assertEquals(
        List.of(
            request("group", "key").tenant(),
            new Reservation(
                request("group", "key"), "purchase-1", Instant.parse("2026-01-02T12:00:00.123Z"))),
        seen);
  }

  @Test
  void theOwnershipCheckGetsHalfOfTheTime() {
    List<Duration> left = new ArrayList<>();
    recording(seen -> {}, due -> left.add(due.remaining()))
        .reserve(request("group", null), Deadline.in(Duration.ofHours(2)));
    assertTrue(left.get(0).compareTo(Duration.ofHours(1)) <= 0, left::toString);
    assertTrue(left.get(0).compareTo(Duration.ofMinutes(59)) > 0, left::toString);
    assertTrue(left.get(1).compareTo(Duration.ofMinutes(119)) > 0, left::toString);
  }

  /** A service whose ports pass on what they are asked for, and their deadlines. */
  private ReservationService recording(Consumer<Object> asked, Consumer<Deadline> deadlines) {
    return new ReservationService(
        (tenant, due) -> {
          asked.accept(tenant);
          deadlines.accept(due);
          return true;
        },
        (wanted, due) -> {
          asked.accept(wanted);
          deadlines.accept(due);
          return wanted;
        },
        NOON,
        this::nextPurchase);
  }

  private Outcome reserve(ReserveRequest request) {
    return service.reserve(request, deadline);
  }

  private String nextPurchase() {
    return "purchase-" + purchases.incrementAndGet();
  }

  private static ReserveRequest of(
      String domain, String project, String instance, @Nullable String key) {
    return new ReserveRequest(
        new Tenant(id(domain), id(project), id(instance)), id("group"), key(key));
  }
}
