package dev.marketreserve.http;

import dev.marketreserve.reservation.Outcome;
import dev.marketreserve.reservation.ReserveRequest;
import dev.marketreserve.reservation.UnknownOutcomeException;
import org.jspecify.annotations.Nullable;

/** The contract's response, before it is written as JSON. */
sealed interface Response {

  /** The HTTP status. */
  int status();

  /**
   * The group is reserved for the tenant.
   *
   * @param groupId the API group as the caller wrote it
   * @param purchaseId the purchase id of the reservation
   * @param replayed whether an earlier request with the same idempotency key reserved it
   */
  record Created(String groupId, String purchaseId, boolean replayed) implements Response {
    @Override
    public int status() {
      return 201;
    }
  }

  /**
   * The request was refused, or failed.
   *
   * @param message for people; names the faulty parameter, but no internals
   * @param purchaseId the tenant's purchase id if the tenant already holds the group; else null
   */
  record Refused(ErrorCode error, String message, @Nullable String purchaseId) implements Response {

    static Refused with(ErrorCode error) {
      return new Refused(error, error.message, null);
    }

    static Refused naming(String parameter, ErrorCode error) {
      return new Refused(error, error.message + ",parameterName:" + parameter + ".", null);
    }

    static Refused toHolder(String purchaseId) {
      ErrorCode error = ErrorCode.ALREADY_RESERVED;
      return new Refused(error, error.message, purchaseId);
    }

    @Override
    public int status() {
      return error.status;
    }
  }

  /** The response to a request with a known outcome. */
  static Response of(Outcome outcome, ReserveRequest request) {
    return switch (outcome) {
      case Outcome.Reserved(String purchaseId, boolean replayed) ->
          new Created(request.groupId().written(), purchaseId, replayed);
      case Outcome.HeldBySameTenant(String purchaseId) -> Refused.toHolder(purchaseId);
      case Outcome.HeldByOtherTenant() -> Refused.with(ErrorCode.ALREADY_RESERVED);
      case Outcome.NotOwner() -> Refused.with(ErrorCode.NO_PERMISSION);
    };
  }

  /** The response to a request that failed on our side. */
  static Response of(RuntimeException failure) {
    boolean throttled = failure instanceof UnknownOutcomeException e && e.throttled();
    return Refused.with(throttled ? ErrorCode.THROTTLED : ErrorCode.SYSTEM_ERROR);
  }
}
