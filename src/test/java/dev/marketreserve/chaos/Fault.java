package dev.marketreserve.chaos;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The fault of one attempt.
 *
 * @param applied whether the attempt reaches DynamoDB in time
 * @param symptom what the function sees
 */
public record Fault(boolean applied, Symptom symptom) {

  /** No fault. */
  public static final Fault NONE = after(Symptom.NONE);

  /** A fault before the attempt reaches DynamoDB. */
  public static Fault before(Symptom symptom) {
    return new Fault(false, symptom);
  }

  /** A fault that hides DynamoDB's response. */
  public static Fault after(Symptom symptom) {
    return new Fault(true, symptom);
  }

  /** Every fault that a retry can overcome. */
  static List<Fault> all() {
    return Stream.of(Symptom.values())
        .filter(symptom -> symptom != Symptom.NONE && !symptom.isRefusal())
        .flatMap(symptom ->
            symptom.needsAnswer()
                ? Stream.of(after(symptom))
                : Stream.of(before(symptom), after(symptom)))
        .toList();
  }

  /** What the function sees of a fault. */
  public enum Symptom {
    NONE,
    /** The connection is closed without a response. */
    CLOSED,
    /** The connection is reset. */
    RESET,
    /** The attempt or its response is held back until the attempt times out. */
    LATE,
    /** The response begins in time, but comes byte by byte until the attempt times out. */
    DRIPPING,
    /** The head and half of the body come at once, then nothing more. */
    STALLED_BODY,
    /** The same, but the head takes nearly as long as an attempt may. */
    LATE_STALLED_BODY,
    /** The response is incomplete. */
    TRUNCATED,
    /** The response is incomplete, and the connection ends without TLS's close notification. */
    CUT,
    /** The response ends within its head. */
    HEAD_TRUNCATED,
    /** A 200 whose body is empty. */
    EMPTY_200,
    /** A 200 that has only its first line. */
    BARE_200,
    /** A 200 whose body is JSON, but not an object. */
    NO_OBJECT,
    /** A proxy on the way returns a 200 with its own page. */
    NOT_JSON,
    /** A failed condition without the item that caused it. */
    ITEM_MISSING,
    HTTP_503(503, null),
    INTERNAL_SERVER_ERROR(500, "InternalServerError"),
    PROVISIONED_THROUGHPUT_EXCEEDED(400, "ProvisionedThroughputExceededException"),
    THROTTLING(400, "ThrottlingException"),
    /** The signature is refused, because DynamoDB's clock is an hour ahead. */
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

    /** The HTTP status of an error that replaces the response; 0 for none. */
    int status() {
      return status;
    }

    /** The body of that error. */
    String body() {
      return error == null
          ? ""
          : "{\"__type\":\"com.amazonaws.dynamodb.v20120810#%s\",\"message\":\"injected\"}"
              .formatted(error);
    }

    boolean isThrottling() {
      return status == 400 && !isRefusal();
    }

    /** Whether it is a refusal of the credentials or the signature. */
    boolean isRefusal() {
      return switch (this) {
        case CLOCK_SKEW, EXPIRED_TOKEN, UNRECOGNIZED_CLIENT, ACCESS_DENIED -> true;
        default -> false;
      };
    }

    /** Whether an attempt times out because of it. */
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
