package dev.marketreserve.bench;

import dev.marketreserve.SamTemplate;
import dev.marketreserve.runtime.LambdaRuntime;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/**
 * A function that takes part in the comparison.
 *
 * @param artifact what is uploaded
 * @param start starts the function in the given environment
 * @param snapStart whether it starts under the protocol of SnapStart
 * @param event the event that asks for a group
 */
record Contender(
    String name,
    Path artifact,
    Function<Map<String, String>, LambdaRuntime> start,
    boolean snapStart,
    Function<String, String> event) {

  private static final Path CLIENT = Path.of("target", "runtime");

  /** A Java function on demand, with the flags of the managed runtime. */
  static Contender onDemand(
      String name, Path function, String handler, Function<String, String> event) {
    return java(name, function, handler, event, false);
  }

  /** A Java function under SnapStart. */
  static Contender snapStart(
      String name, Path function, String handler, Function<String, String> event) {
    return java(name, function, handler, event, true);
  }

  /** A function of another language. */
  static Contender script(
      String name, Path artifact, List<String> command, Function<String, String> event) {
    return new Contender(
        name,
        artifact,
        environment -> LambdaRuntime.start(command, artifact, "function", environment),
        false,
        event);
  }

  /** The same with other options of the JVM than the template's. */
  Contender withOptions(String options) {
    String template =
        Objects.requireNonNull(SamTemplate.read().environment().get("JAVA_TOOL_OPTIONS"));
    return new Contender(
        name,
        artifact,
        environment -> {
          Map<String, String> own = new HashMap<>(environment);
          own.computeIfPresent("JAVA_TOOL_OPTIONS", (key, set) -> set.replace(template, options));
          return start.apply(own);
        },
        snapStart,
        event);
  }

  private static Contender java(
      String name,
      Path function,
      String handler,
      Function<String, String> event,
      boolean snapStart) {
    return new Contender(
        name,
        function,
        environment -> LambdaRuntime.start(CLIENT, function, handler, environment),
        snapStart,
        event);
  }

  /** Whether it makes the two calls of a reservation. */
  boolean makesBothCalls() {
    return !name.startsWith("empty") && !name.startsWith("sample");
  }

  /** Starts the function; under SnapStart, with the credentials that it has there. */
  LambdaRuntime start(Map<String, String> variables) {
    Map<String, String> environment = new HashMap<>(variables);
    if (snapStart) {
      environment.put("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
      environment
          .keySet()
          .removeAll(Set.of("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"));
    }
    return start.apply(environment);
  }
}
