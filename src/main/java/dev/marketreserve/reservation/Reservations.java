package dev.marketreserve.reservation;

/** All reservations there are, at most one for an API group. */
public interface Reservations {

  /**
   * Stores {@code wanted} unless its group is reserved already, in one atomic step, and returns the
   * reservation that holds the group afterwards. The step may take several attempts; they are told
   * apart from other callers by the purchase id.
   *
   * @return a reservation with the purchase id of {@code wanted} where that was stored, else the
   *     earlier one
   * @throws UnknownOutcomeException where the store does not answer before the deadline; {@code
   *     wanted} may or may not be stored then
   */
  Reservation putIfAbsent(Reservation wanted, Deadline deadline);
}
