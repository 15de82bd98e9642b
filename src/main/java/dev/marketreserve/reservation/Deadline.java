package dev.marketreserve.reservation;

import java.time.Duration;

/** The moment by which a response is due, measured by {@link System#nanoTime}. */
public final class Deadline {

  private final long nanoTime;

  private Deadline(long nanoTime) {
    this.nanoTime = nanoTime;
  }

  /** The deadline {@code duration} from now. */
  public static Deadline in(Duration duration) {
    return new Deadline(System.nanoTime() + duration.toNanos());
  }

  /** The time left; negative once the deadline has passed. */
  public Duration remaining() {
    return Duration.ofNanos(nanoTime - System.nanoTime());
  }

  /** An earlier deadline, after half of the remaining time. */
  public Deadline halfway() {
    return in(remaining().dividedBy(2));
  }
}
