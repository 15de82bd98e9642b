package dev.marketreserve.chaos;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A fault of one call to DynamoDB.
 *
 * @param applied whether DynamoDB does what the call asks for
 * @param symptom the sign of it at the caller
 */
public record Fault(boolean applied, Symptom symptom) {

  /** No fault. */
  public static final Fault NONE = after(Symptom.NONE);

  /** A fault that keeps the call from DynamoDB. */
  public static Fault before(Symptom symptom) {
    return new Fault(false, symptom);
  }

  /** A fault that hides the answer of DynamoDB. */
  public static Fault after(Symptom symptom) {
    return new Fault(true, symptom);
  }

  /** Every fault that a retry may get over. */
  static List<Fault> all() {
    return Stream.of(Symptom.values())
        .filter(symptom -> symptom != Symptom.NONE && !symptom.isRefusal())
        .flatMap(
            symptom ->
                symptom.needsAnswer()
                    ? Stream.of(after(symptom))
                    : Stream.of(before(symptom), after(symptom)))
        .toList();
  }

  /** The sign of a fault. */
  public enum Symptom {
    NONE,
    /** The connection ends in good order, without an answer. */
    CLOSED,
    /** The connection is reset. */
    RESET,
    /** The call, or its answer, takes longer than an attempt may. */
    LATE,
    /** The answer comes in time, but byte by byte until an attempt's time is over. */
    DRIPPING,
    /** The head comes at once, then half of the body, then nothing more. */
    STALLED_BODY,
    /** The same, but the head takes nearly as long as an attempt may. */
    LATE_STALLED_BODY,
    /** The answer breaks off. */
    TRUNCATED,
    /** The answer breaks off, and the connection ends without TLS's word for it. */
    CUT,
    /** The answer breaks off within its head. */
    HEAD_TRUNCATED,
    /** A 200 whose body is empty. */
    EMPTY_200,
    /** A 200 with nothing but its first line. */
    BARE_200,
    /** A 200 whose body is JSON, but no object. */
    NO_OBJECT,
    /** Something in between answers 200 with a page of its own. */
    NOT_JSON,
    /** A conditional failure lacks the item that failed it. */
    ITEM_MISSING,
    HTTP_500(500, null),
    HTTP_503(503, null),
    INTERNAL_SERVER_ERROR(500, "InternalServerError"),
    PROVISIONED_THROUGHPUT_EXCEEDED(400, "ProvisionedThroughputExceededException"),
    THROTTLING(400, "ThrottlingException"),
    REQUEST_LIMIT_EXCEEDED(400, "RequestLimitExceeded"),
    /** The signature is refused, since DynamoDB's clock is an hour ahead. */
    CLOCK_SKEW(400, "InvalidSignatureException"),
    EXPIRED_TOKEN(400, "ExpiredTokenException"),
    UNRECOGNIZED_CLIENT(400, "UnrecognizedClientException"),
    ACCESS_DENIED(400, "AccessDeniedException");

    private final int status;
    private final @Nullable String error;

    Symptom() {
      this(0, null);
    }

    Symptom(int status, @Nullable String error) {
      this.status = status;
      this.error = error;
    }

    /** The HTTP status of an answer that DynamoDB's front end gives instead; 0 for none. */
    int status() {
      return status;
    }

    /** The body of that answer. */
    String body() {
      return error == null
          ? ""
          : "{\"__type\":\"com.amazonaws.dynamodb.v20120810#%s\",\"message\":\"injected\"}"
              .formatted(error);
    }

    boolean isThrottling() {
      return status == 400 && !isRefusal();
    }

    /** Whether it refuses the credentials or the signature, which the SDK does not retry. */
    boolean isRefusal() {
      return switch (this) {
        case CLOCK_SKEW, EXPIRED_TOKEN, UNRECOGNIZED_CLIENT, ACCESS_DENIED -> true;
        default -> false;
      };
    }

    /** Whether it takes an attempt all of its time. */
    boolean isSlow() {
      return switch (this) {
        case LATE, DRIPPING, STALLED_BODY, LATE_STALLED_BODY -> true;
        default -> false;
      };
    }

    private boolean needsAnswer() {
      return switch (this) {
        case DRIPPING, STALLED_BODY, LATE_STALLED_BODY, TRUNCATED, CUT, ITEM_MISSING -> true;
        default -> false;
      };
    }
  }
}
