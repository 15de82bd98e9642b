package dev.marketreserve.reservation;

/** All reservations, at most one per API group. */
public interface Reservations {

  /**
   * Stores {@code wanted} in one atomic step, unless its group is already reserved. If the step
   * takes several attempts, all have the purchase id of {@code wanted}.
   *
   * @return the reservation that now holds the group: the earlier one, or one with the purchase id
   *     of {@code wanted}
   * @throws UnknownOutcomeException if the store does not respond before the deadline; {@code
   *     wanted} may or may not be stored
   */
  Reservation putIfAbsent(Reservation wanted, Deadline deadline);
}
