package dev.marketreserve.reservation;

import static dev.marketreserve.reservation.Requests.reservation;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** The behaviour of every store of reservations. */
public abstract class ReservationsContract {

  private static final int CALLERS = 32;

  private final Deadline deadline = Deadline.in(Duration.ofSeconds(10));

  protected abstract Reservations reservations();

  @Test
  void theFirstReservationOfAGroupIsKept() {
    Reservation first = reservation(newGroup(), "key");
    assertEquals(first, reservations().putIfAbsent(first, deadline));
  }

  @Test
  void aReservationWithoutAnIdempotencyKeyComesBackWithoutOne() {
    Reservation first = reservation(newGroup(), null);
    reservations().putIfAbsent(first, deadline);
    assertEquals(
        first,
        reservations()
            .putIfAbsent(reservation(first.request().groupId().canonical(), "other"), deadline));
  }

  @Test
  void aLaterReservationOfAGroupReturnsTheFirst() {
    Reservation first = reservation(newGroup(), "key");
    reservations().putIfAbsent(first, deadline);
    Reservation later = reservation(first.request().groupId().canonical(), null);
    assertEquals(first, reservations().putIfAbsent(later, deadline));
    assertEquals(first, reservations().putIfAbsent(later, deadline));
  }

  @Test
  void aReservationCanBePutTwice() {
    Reservation wanted = reservation(newGroup(), null);
    reservations().putIfAbsent(wanted, deadline);
    assertEquals(wanted, reservations().putIfAbsent(wanted, deadline));
  }

  @Test
  void reservationsOfDifferentGroupsAreIndependent() {
    Reservation one = reservation(newGroup(), null);
    Reservation other = reservation(newGroup(), null);
    assertEquals(one, reservations().putIfAbsent(one, deadline));
    assertEquals(other, reservations().putIfAbsent(other, deadline));
  }

  @Test
  void concurrentCallersAllGetTheSameReservation() throws InterruptedException, ExecutionException {
    String group = newGroup();
    List<Future<Reservation>> results = new ArrayList<>();
    try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
      for (int i = 0; i < CALLERS; i++) {
        results.add(
            callers.submit(() -> reservations().putIfAbsent(reservation(group, null), deadline)));
      }
    }
    Set<Reservation> standing = new HashSet<>();
    for (Future<Reservation> result : results) {
      standing.add(result.get());
    }
    assertEquals(1, standing.size());
  }

  private static String newGroup() {
    return UUID.randomUUID().toString();
  }
}
