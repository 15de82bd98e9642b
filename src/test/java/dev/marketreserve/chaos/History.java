package dev.marketreserve.chaos;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toMap;

import dev.marketreserve.http.ReceivedResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * All requests and responses of a chaos run, and the table that it left behind.
 *
 * <p>A caller that may reserve repeats its request, with its idempotency key or without one, until
 * the response is no 500, and sometimes once more.
 *
 * @param table the stored reservations
 */
record History(List<Exchange> exchanges, List<Map<String, String>> table) {

  private static final Set<String> UNKNOWN = Set.of("500 APIG.9008", "500 APIG.9999");
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** The promises that were broken, each with the answer that broke it. */
  List<Violation> violations() {
    List<Violation> violations = new ArrayList<>();
    Map<String, Map<String, String>> rows =
        table.stream().collect(toMap(row -> row.get("group_id"), Function.identity()));
    exchanges.stream()
        .collect(groupingBy(Exchange::group))
        .forEach((group, asked) -> check(asked, rows.get(group), violations));
    return violations;
  }

  /** How often each answer was given. */
  Map<String, Long> answers() {
    return exchanges.stream()
        .map(
            exchange ->
                exchange.response.summary() + (exchange.response.replayed() ? " replayed" : ""))
        .collect(groupingBy(Function.identity(), TreeMap::new, counting()));
  }

  private static void check(
      List<Exchange> asked, @Nullable Map<String, String> row, List<Violation> violations) {
    Map<String, Exchange> last =
        asked.stream()
            .sorted(Comparator.comparingLong(Exchange::end))
            .collect(toMap(Exchange::domainId, Function.identity(), (earlier, later) -> later));
    for (Exchange exchange : asked) {
      ReceivedResponse response = exchange.response;
      List<Promise> broken = new ArrayList<>();
      if (!exchange.role.mayBeTold(response)) {
        broken.add(Promise.ONLY_ANSWERS_OF_THE_CONTRACT);
      }
      if (response.duration().compareTo(PATIENCE) >= 0) {
        broken.add(Promise.AN_ANSWER_IN_TIME);
      }
      if (response.status() == 201
          && (row == null
              || !response.purchaseId().equals(row.get("purchase_id"))
              || !exchange.holds(row))) {
        broken.add(Promise.ONE_PURCHASE_AND_IT_IS_STORED);
      }
      if (response.status() == 409
          && !isReservedByAnother(exchange, row, asked)
          && !isReservedEarlier(exchange, row, asked)) {
        broken.add(Promise.NO_FALSE_CONFLICT);
      }
      if (response.status() == 409
          && !response.purchaseId().isEmpty()
          && !isPurchaseOf(exchange, row)) {
        broken.add(Promise.A_CONFLICT_NAMES_A_PURCHASE_TO_ITS_HOLDER_ALONE);
      }
      if (!exchange.role.mayReserve && exchange.holds(row)) {
        broken.add(Promise.NOTHING_WRITTEN_FOR_A_400_OR_403);
      }
      if (exchange.role.mayReserve && exchange.equals(last.get(exchange.domainId))) {
        if (response.status() == 500) {
          broken.add(Promise.A_REPEAT_SETTLES_IT);
        } else if (exchange.holds(row) && !isPurchaseOf(exchange, row)) {
          broken.add(Promise.THE_HOLDER_LEARNS_ITS_PURCHASE);
        }
      }
      broken.forEach(promise -> violations.add(new Violation(promise, exchange, row)));
    }
  }

  /** Whether another caller holds the group, who had asked for it when the conflict was told. */
  private static boolean isReservedByAnother(
      Exchange conflict, @Nullable Map<String, String> row, List<Exchange> asked) {
    return asked.stream()
        .anyMatch(
            other ->
                !other.domainId.equals(conflict.domainId)
                    && other.holds(row)
                    && other.start < conflict.end);
  }

  /** Whether the caller, who has no key, reserved the group itself by an earlier request. */
  private static boolean isReservedEarlier(
      Exchange conflict, @Nullable Map<String, String> row, List<Exchange> asked) {
    return conflict.role == Role.WITHOUT_KEY
        && conflict.holds(row)
        && asked.stream()
            .anyMatch(
                other -> other.domainId.equals(conflict.domainId) && other.start < conflict.start);
  }

  private static boolean isPurchaseOf(Exchange exchange, @Nullable Map<String, String> row) {
    return row != null
        && exchange.holds(row)
        && exchange.response.purchaseId().equals(row.get("purchase_id"));
  }

  /** The promises that hold whatever DynamoDB does. */
  enum Promise {
    ONE_PURCHASE_AND_IT_IS_STORED,
    NO_FALSE_CONFLICT,
    A_CONFLICT_NAMES_A_PURCHASE_TO_ITS_HOLDER_ALONE,
    A_REPEAT_SETTLES_IT,
    THE_HOLDER_LEARNS_ITS_PURCHASE,
    NOTHING_WRITTEN_FOR_A_400_OR_403,
    ONLY_ANSWERS_OF_THE_CONTRACT,
    AN_ANSWER_IN_TIME
  }

  /**
   * A promise broken.
   *
   * @param row the reservation of the group; null where there is none
   */
  record Violation(Promise promise, Exchange exchange, @Nullable Map<String, String> row) {}

  /** The behaviour of a caller, and the responses that it may get. */
  enum Role {
    WITH_KEY(true, "409 APIG.3402"),
    WITHOUT_KEY(true, "409 APIG.3402"),
    NOT_OWNER(false, "403 APIG.1136"),
    MALFORMED(false, "400 APIG.2000");

    private final boolean mayReserve;
    private final String refusal;

    Role(boolean mayReserve, String refusal) {
      this.mayReserve = mayReserve;
      this.refusal = refusal;
    }

    private boolean mayBeTold(ReceivedResponse response) {
      return response.summary().equals(refusal)
          || (mayReserve && response.status() == 201)
          || (this != MALFORMED && UNKNOWN.contains(response.summary()));
    }
  }

  /**
   * One request and its answer.
   *
   * @param domainId the domain of the caller, which it shares with no other
   * @param start when it was sent, by {@link System#nanoTime}
   * @param end when it was answered
   */
  record Exchange(
      Role role, String domainId, String group, long start, long end, ReceivedResponse response) {

    private boolean holds(@Nullable Map<String, String> row) {
      return row != null && domainId.equals(row.get("domain_id"));
    }
  }
}
