package dev.marketreserve.reservation;

/** All reservations there are, at most one for an API group. */
public interface Reservations {

  /**
   * Stores {@code wanted} unless its group is reserved already, in one atomic step, and returns the
   * reservation that holds the group afterwards. Attempts may be repeated inside: what identifies
   * {@code wanted} is its purchase id.
   *
   * @return a reservation with the purchase id of {@code wanted} where that was stored, else the
   *     earlier one
   * @throws StoreUnavailableException where the outcome is not known by the deadline; {@code
   *     wanted} may or may not be stored then
   */
  Reservation putIfAbsent(Reservation wanted, Deadline deadline);
}
