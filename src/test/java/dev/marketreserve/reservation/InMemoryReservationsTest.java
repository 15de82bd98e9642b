package dev.marketreserve.reservation;

class InMemoryReservationsTest extends ReservationsContract {

  private final Reservations reservations = new InMemoryReservations();

  @Override
  protected Reservations reservations() {
    return reservations;
  }
}
