package dev.marketreserve.chaos;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Searches for an order of operations on one object that fits their results and their times. This
 * is Wing and Gong's algorithm with memoization.
 *
 * <p>An operation comes after all operations that ended before it started. An optional one may be
 * left out.
 *
 * @param <S> the state of the object
 * @see <a href="https://doi.org/10.1006/jpdc.1993.1015">Testing and Verifying Concurrent
 *     Objects</a>
 */
record Linearization<S>(List<Operation<S>> operations) {

  /** The operations that no order explains, at the end of the longest order; empty if one fits. */
  List<Operation<S>> unexplained(S initial) {
    Set<Point<S>> seen = new HashSet<>();
    Deque<Point<S>> open = new ArrayDeque<>();
    open.push(new Point<>(new BitSet(), initial));
    Point<S> furthest = open.element();
    while (!open.isEmpty()) {
      Point<S> point = open.pop();
      if (!seen.add(point)) {
        continue;
      }
      if (point.done.cardinality() >= furthest.done.cardinality()) {
        furthest = point;
      }
      if (IntStream.range(0, operations.size())
          .allMatch(i -> point.done.get(i) || operations.get(i).optional)) {
        return List.of();
      }
      for (int i : next(point.done)) {
        Optional<S> after = operations.get(i).effect.apply(point.state);
        after.ifPresent(state -> open.push(point.with(i, state)));
        if (after.filter(point.state::equals).isPresent() && leavesTheOthers(i, point.done)) {
          break; // An operation that changes nothing does not affect the order of the others.
        }
      }
    }
    return IntStream.of(next(furthest.done)).mapToObj(operations::get).toList();
  }

  /** The operations that may come after those that are done. */
  private int[] next(BitSet done) {
    long end =
        undone(done)
            .filter(i -> !operations.get(i).optional)
            .mapToLong(i -> operations.get(i).end)
            .min()
            .orElse(Long.MAX_VALUE);
    long start = done.stream().mapToLong(i -> operations.get(i).start).max().orElse(Long.MIN_VALUE);
    return undone(done)
        .filter(i -> operations.get(i).start <= end && operations.get(i).end >= start)
        .toArray();
  }

  private boolean leavesTheOthers(int i, BitSet done) {
    return undone(done).allMatch(other -> operations.get(other).end >= operations.get(i).start);
  }

  private IntStream undone(BitSet done) {
    return IntStream.range(0, operations.size()).filter(i -> !done.get(i));
  }

  /**
   * An operation.
   *
   * @param effect the state after it; empty if its result is impossible
   */
  record Operation<S>(
      Step step, long start, long end, boolean optional, Function<S, Optional<S>> effect) {}

  /** A point of the search: the operations so far and the resulting state. */
  private record Point<S>(BitSet done, S state) {
    Point<S> with(int i, S after) {
      BitSet more = (BitSet) done.clone();
      more.set(i);
      return new Point<>(more, after);
    }
  }
}
