package dev.marketreserve.reservation;

import static dev.marketreserve.reservation.Requests.reservation;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The behaviour of every store of reservations. */
public abstract class ReservationsContract {

  private static final int CALLERS = 32;

  private final Deadline deadline = Deadline.in(Duration.ofSeconds(10));
  private final String group = UUID.randomUUID().toString();

  protected abstract Reservations reservations();

  @Test
  void theFirstReservationOfAGroupIsKept() {
    assertKept("key");
  }

  @Test
  void aReservationWithoutAnIdempotencyKeyComesBackWithoutOne() {
    assertKept(null);
  }

  private void assertKept(@Nullable String key) {
    Reservation first = reservation(group, key);
    assertEquals(first, put(first));
    assertEquals(first, put(first));
    assertEquals(first, put(reservation(group, "other")));
    assertEquals(first, put(reservation(group, null)));
  }

  @Test
  void reservationsOfDifferentGroupsAreIndependent() {
    Reservation one = reservation(group, null);
    Reservation other = reservation(UUID.randomUUID().toString(), null);
    assertEquals(one, put(one));
    assertEquals(other, put(other));
  }

  @Test
  void concurrentCallersAllGetTheSameReservation() throws InterruptedException, ExecutionException {
    Set<Reservation> standing = new HashSet<>();
    try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
      Callable<Reservation> caller = () -> put(reservation(group, null));
      List<Callable<Reservation>> all = Collections.nCopies(CALLERS, caller);
      for (Future<Reservation> result : callers.invokeAll(all)) {
        standing.add(result.get());
      }
    }
    assertEquals(1, standing.size());
  }

  private Reservation put(Reservation wanted) {
    return reservations().putIfAbsent(wanted, deadline);
  }
}
