package dev.marketreserve.chaos;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.chaos.Linearization.Operation;
import dev.marketreserve.chaos.Step.LookUp;
import dev.marketreserve.chaos.Step.Register;
import dev.marketreserve.chaos.Step.Release;
import dev.marketreserve.chaos.Step.Reserve;
import dev.marketreserve.chaos.Step.Revoke;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All steps of a run, stored as one JSON object per line, and a checker that needs nothing else.
 *
 * <p>For each group, it searches for an order of the steps in which the group is reserved at most
 * once until it is released. For each instance, it searches for an order in which every ownership
 * check sees the current owner. At the start, no group is reserved and no instance has an owner.
 *
 * <p>The write of a request with an unknown outcome may take effect at any time after its start, or
 * never. It cannot take effect after the operator has waited and then released the group or given
 * the instance to another owner, unless the instance came back while the request was in progress.
 */
public record History(List<Step> steps) {

  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Set<String> ANSWERS =
      Set.of(
          "no response",
          "201",
          "201 replayed",
          "400 APIG.2000",
          "403 APIG.1136",
          "409 APIG.3402",
          "500 APIG.9008",
          "500 APIG.9999");
  private static final JsonMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  public static History read(Path file) throws IOException {
    List<Step> steps = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      steps.add(JSON.readValue(line, Step.class));
    }
    return new History(steps);
  }

  public void write(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    for (Step step : steps) {
      lines.add(JSON.writeValueAsString(step));
    }
    Files.write(file, lines);
  }

  /** How often each response occurred. */
  public Map<String, Long> answers() {
    return requests()
        .map(History::answer)
        .collect(groupingBy(Function.identity(), TreeMap::new, counting()));
  }

  /** The number of steps of each kind. */
  public Map<String, Long> count() {
    return steps.stream()
        .collect(groupingBy(step -> step.getClass().getSimpleName(), TreeMap::new, counting()));
  }

  /** The broken promises. */
  public List<Violation> violations() {
    List<Violation> violations = new ArrayList<>();
    for (Reserve request : requests().toList()) {
      if (!ANSWERS.contains(answer(request))) {
        violations.add(new Violation("not in the contract", List.of(request)));
      }
      if (request.status() != 0 && request.end() - request.start() >= PATIENCE.toNanos()) {
        violations.add(new Violation("late", List.of(request)));
      }
    }
    Map<String, List<Step>> instances = stepsBy(History::instance);
    stepsBy(History::group)
        .forEach((group, steps) ->
            check("group " + group, reservations(steps, instances), Group.FREE, violations));
    instances.forEach((instance, steps) ->
        check("instance " + instance, owners(steps), Optional.empty(), violations));
    return violations;
  }

  private Map<String, List<Step>> stepsBy(Function<Step, @Nullable String> object) {
    return steps.stream()
        .filter(step -> object.apply(step) != null)
        .collect(groupingBy(step -> Objects.requireNonNull(object.apply(step))));
  }

  private static @Nullable String group(Step step) {
    return switch (step) {
      case Reserve request -> request.group();
      case Release release -> release.group();
      case LookUp lookUp -> lookUp.group();
      case Register _, Revoke _ -> null;
    };
  }

  private static @Nullable String instance(Step step) {
    return switch (step) {
      case Reserve request -> request.instance();
      case Register register -> register.instance();
      case Revoke revoke -> revoke.instance();
      case Release _, LookUp _ -> null;
    };
  }

  private static <S> void check(
      String object, List<Operation<S>> operations, S initial, List<Violation> violations) {
    List<Step> unexplained =
        new Linearization<>(operations)
            .unexplained(initial).stream().<Step>map(Operation::step).toList();
    if (!unexplained.isEmpty()) {
      violations.add(new Violation("no order fits " + object, unexplained));
    }
  }

  private Stream<Reserve> requests() {
    return steps.stream().filter(Reserve.class::isInstance).map(Reserve.class::cast);
  }

  private static String answer(Reserve request) {
    if (request.status() == 0) {
      return "no response";
    }
    return request.status()
        + (request.errorCode() == null ? "" : " " + request.errorCode())
        + (request.replayed() ? " replayed" : "");
  }

  private static List<Operation<Group>> reservations(
      List<Step> steps, Map<String, List<Step>> instances) {
    List<Operation<Group>> operations = new ArrayList<>();
    for (Step step : steps) {
      switch (step) {
        case Reserve request when request.isRefused() -> {}
        case Reserve request -> {
          List<Step> instance = instances.getOrDefault(request.instance(), List.of());
          operations.add(
              new Operation<>(
                  step,
                  step.start(),
                  request.mayWrite() ? latestWrite(request, steps, instance) : step.end(),
                  request.isUnknown(),
                  group -> group.after(request)));
        }
        case Release release ->
            operations.add(operation(step, (Group group) -> group.after(release)));
        case LookUp lookUp -> operations.add(operation(step, (Group group) -> group.after(lookUp)));
        case Register _, Revoke _ -> {}
      }
    }
    return operations;
  }

  /** The end of the request, or the moment at which the operator has waited long enough for it. */
  private static long latestWrite(Reserve request, List<Step> group, List<Step> instance) {
    Stream<Step> moves =
        instance.stream()
            .filter(step -> step instanceof Register && !registers(step, request))
            .filter(move -> instance.stream().noneMatch(back -> isBack(back, move, request)));
    return Stream.concat(group.stream().filter(Release.class::isInstance), moves)
        .mapToLong(Step::start)
        .filter(start -> start > request.start())
        .map(start -> start - 1)
        .reduce(request.isUnknown() ? Long.MAX_VALUE : request.end(), Math::min);
  }

  /** Whether the instance came back after the move, while the request was in progress. */
  private static boolean isBack(Step step, Step move, Reserve request) {
    return registers(step, request) && step.start() > move.start() && step.start() < request.end();
  }

  private static boolean registers(Step step, Reserve request) {
    return step instanceof Register register && register.domain().equals(request.domain());
  }

  private static List<Operation<Optional<Register>>> owners(List<Step> steps) {
    List<Operation<Optional<Register>>> operations = new ArrayList<>();
    for (Step step : steps) {
      switch (step) {
        case Reserve request when request.isUnknown() || request.status() == 400 -> {}
        case Reserve request ->
            operations.add(
                operation(
                    step,
                    owner ->
                        Optional.of(owner)
                            .filter(o -> isOwner(request, o) != (request.status() == 403))));
        case Register register ->
            operations.add(operation(step, owner -> Optional.of(Optional.of(register))));
        case Revoke _ -> operations.add(operation(step, owner -> Optional.of(Optional.empty())));
        case Release _, LookUp _ -> {}
      }
    }
    return operations;
  }

  private static boolean isOwner(Reserve request, Optional<Register> owner) {
    return owner
        .filter(o -> o.domain().equals(request.domain()) && o.project().equals(request.project()))
        .isPresent();
  }

  private static <S> Operation<S> operation(Step step, Function<S, Optional<S>> effect) {
    return new Operation<>(step, step.start(), step.end(), false, effect);
  }

  /** A broken promise, with the request that broke it or the steps that no order explains. */
  public record Violation(String what, List<Step> steps) {}

  /**
   * The reservation of a group.
   *
   * @param holder the request that made it; null if there is none
   * @param purchaseId its purchase id; null until a response or a look-up shows it
   * @param shown the known purchase ids of this reservation and all earlier ones
   */
  private record Group(@Nullable Reserve holder, @Nullable String purchaseId, Set<String> shown) {

    private static final Group FREE = new Group(null, null, Set.of());

    Optional<Group> after(Reserve request) {
      if (request.isUnknown()) {
        return reservedBy(request);
      }
      if (request.mayWrite()) {
        return reservedBy(request).flatMap(group -> group.showing(request.purchaseId()));
      }
      if (request.status() == 201) {
        return heldBy(request::isRepeatOf).flatMap(group -> group.showing(request.purchaseId()));
      }
      return request.purchaseId() == null
          ? heldBy(by -> !request.hasSameTenantAs(by))
          : heldBy(by -> request.hasSameTenantAs(by) && !request.isRepeatOf(by))
              .flatMap(group -> group.showing(request.purchaseId()));
    }

    Optional<Group> after(Release release) {
      return showing(release.purchaseId()).map(group -> new Group(null, null, group.shown));
    }

    Optional<Group> after(LookUp lookUp) {
      return lookUp.purchaseId() == null
          ? Optional.of(this).filter(group -> group.holder == null)
          : heldBy(by -> by.domain().equals(lookUp.domain()))
              .flatMap(group -> group.showing(lookUp.purchaseId()));
    }

    private Optional<Group> reservedBy(Reserve request) {
      return holder == null ? Optional.of(new Group(request, null, shown)) : Optional.empty();
    }

    private Optional<Group> heldBy(Predicate<Reserve> by) {
      return holder != null && by.test(holder) ? Optional.of(this) : Optional.empty();
    }

    /** The same group, if this can be its purchase id: no other reservation may have had it. */
    private Optional<Group> showing(@Nullable String id) {
      if (id == null || holder == null || purchaseId != null || shown.contains(id)) {
        return Optional.of(this).filter(group -> id != null && id.equals(group.purchaseId));
      }
      Set<String> more = new HashSet<>(shown);
      more.add(id);
      return Optional.of(new Group(holder, id, more));
    }
  }
}
