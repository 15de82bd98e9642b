package dev.marketreserve.reservation;

import dev.marketreserve.reservation.Outcome.HeldByOtherTenant;
import dev.marketreserve.reservation.Outcome.HeldBySameTenant;
import dev.marketreserve.reservation.Outcome.NotOwner;
import dev.marketreserve.reservation.Outcome.Reserved;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.Supplier;

/** Reserves API groups, each at most once. Safe for use by many threads if both stores are. */
public final class ReservationService {

  private final InstanceOwners owners;
  private final Reservations reservations;
  private final InstantSource clock;
  private final Supplier<String> purchaseIds;

  /**
   * @param clock gives the time of a reservation
   * @param purchaseIds gives a new purchase id at each call
   */
  public ReservationService(
      InstanceOwners owners,
      Reservations reservations,
      InstantSource clock,
      Supplier<String> purchaseIds) {
    this.owners = owners;
    this.reservations = reservations;
    this.clock = clock;
    this.purchaseIds = purchaseIds;
  }

  /**
   * Reserves the group for the tenant if the tenant owns the instance and nobody holds the group.
   *
   * <p>The ownership check gets at most half of the time, so that the write has time to finish.
   *
   * @throws UnknownOutcomeException if the outcome is unknown at the deadline
   */
  public Outcome reserve(ReserveRequest request, Deadline deadline) {
    if (!owners.isOwner(request.tenant(), deadline.halfway())) {
      return new NotOwner();
    }
    Reservation wanted =
        new Reservation(request, purchaseIds.get(), clock.instant().truncatedTo(ChronoUnit.MILLIS));
    Reservation standing = reservations.putIfAbsent(wanted, deadline);
    if (standing.purchaseId().equals(wanted.purchaseId())) {
      return new Reserved(wanted.purchaseId(), false);
    }
    if (request.isRetryOf(standing.request())) {
      return new Reserved(standing.purchaseId(), true);
    }
    return request.tenant().equals(standing.request().tenant())
        ? new HeldBySameTenant(standing.purchaseId())
        : new HeldByOtherTenant();
  }
}
