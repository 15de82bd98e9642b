package dev.marketreserve.reservation;

import dev.marketreserve.reservation.Outcome.AlreadyReserved;
import dev.marketreserve.reservation.Outcome.NotOwner;
import dev.marketreserve.reservation.Outcome.Reserved;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.Supplier;

/**
 * Reserves API groups: one group, one reservation, ever. Safe for use by many threads where its
 * ports are.
 */
public final class ReservationService {

  private final InstanceOwners owners;
  private final Reservations reservations;
  private final InstantSource clock;
  private final Supplier<String> purchaseIds;

  /**
   * @param clock tells when a reservation is made
   * @param purchaseIds gives a purchase id that no call got before
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
   * Reserves the group for the caller, where the caller owns the instance and nobody holds the
   * group.
   *
   * <p>The ownership check gets half of the time at most, so that a write never starts without time
   * to see how it ends.
   *
   * @throws StoreUnavailableException where the outcome is not known by the deadline
   */
  public Outcome reserve(ReserveRequest request, Deadline deadline) {
    if (!owners.isOwner(
        request.domainId(), request.projectId(), request.instanceId(), deadline.halfway())) {
      return new NotOwner();
    }
    Reservation wanted =
        Reservation.of(request, purchaseIds.get(), clock.instant().truncatedTo(ChronoUnit.MILLIS));
    Reservation standing = reservations.putIfAbsent(wanted, deadline);
    if (standing.purchaseId().equals(wanted.purchaseId())) {
      return new Reserved(wanted.purchaseId(), false);
    }
    if (standing.hasSameOriginAs(wanted)) {
      return new Reserved(standing.purchaseId(), true);
    }
    return new AlreadyReserved();
  }
}
