package dev.marketreserve.reservation;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Reservations in memory. */
public final class InMemoryReservations implements Reservations {

  private final Map<ResourceId, Reservation> byGroup = new ConcurrentHashMap<>();

  @Override
  public Reservation putIfAbsent(Reservation wanted, Deadline deadline) {
    Reservation earlier = byGroup.putIfAbsent(wanted.request().groupId(), wanted);
    return earlier == null ? wanted : earlier;
  }

  boolean isEmpty() {
    return byGroup.isEmpty();
  }
}
