package dev.marketreserve.reservation;

import java.time.Duration;

/** The moment by which an answer is due, on the clock of this process ({@link System#nanoTime}). */
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

  /** The earlier deadline that leaves half of the time left now. */
  public Deadline halfway() {
    return in(remaining().dividedBy(2));
  }
}
