package dev.marketreserve.bench;

import dev.marketreserve.runtime.LambdaRuntime;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * A function in the comparison.
 *
 * @param snapStart whether it starts with SnapStart's protocol
 * @param start starts the function in the given environment
 */
record Contender(
    String name, boolean snapStart, Function<Map<String, String>, LambdaRuntime> start) {

  private static final Path CLIENT = Path.of("target", "runtime");

  /** A Java function with SnapStart. */
  static Contender snapStart(String name, Path function, String handler) {
    return new Contender(name, true, start(function, handler));
  }

  /** A Java function without SnapStart, with the managed runtime's flags. */
  static Contender onDemand(String name, Path function, String handler) {
    return new Contender(name, false, start(function, handler));
  }

  /** A function in another language. */
  static Contender script(String name, Path function, String... command) {
    return new Contender(
        name,
        false,
        environment -> LambdaRuntime.start(List.of(command), function, "function", environment));
  }

  private static Function<Map<String, String>, LambdaRuntime> start(Path function, String handler) {
    return environment -> LambdaRuntime.start(CLIENT, function, handler, environment);
  }

  LambdaRuntime start(Map<String, String> variables) {
    Map<String, String> environment = new HashMap<>(variables);
    if (snapStart) {
      environment.put("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
    }
    return start.apply(environment);
  }
}
