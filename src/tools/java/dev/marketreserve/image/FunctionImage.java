package dev.marketreserve.image;

import dev.marketreserve.runtime.Completion;
import dev.marketreserve.runtime.Completion.Returned;
import dev.marketreserve.runtime.LambdaRuntime;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The function of the container image, with an AOT cache of the JVM. The cache holds for one class
 * path in one order, so {@code function.jar} names every library in its manifest.
 *
 * <p>A training run makes the cache: Lambda's runtime client starts the function, and the events of
 * {@code events/} are sent to it, with {@link StubDynamoDb} behind it.
 *
 * @param directory the directory of the function and the cache
 * @see <a href="https://openjdk.org/jeps/514">JEP 514: Ahead-of-Time Command-Line Ergonomics</a>
 */
public record FunctionImage(Path directory) {

  private static final String HANDLER = "dev.marketreserve.ReserveHandler";

  /** {@code lay-out} or {@code train}, and the directory. */
  static void main(String... arguments) throws IOException {
    Path directory = Path.of(arguments[1]);
    if (arguments[0].equals("lay-out")) {
      layOut(directory);
    } else {
      new FunctionImage(directory).train();
    }
  }

  /** Lays out the function from {@code target/function} and {@code target/runtime}. */
  public static FunctionImage layOut(Path directory) throws IOException {
    Path function = Path.of("target", "function");
    Path client = Path.of("target", "runtime");
    Files.createDirectories(directory.resolve("task"));
    copy(function.resolve("lib"), directory.resolve("lib"));
    copy(client, directory.resolve("lib"));
    copy(client.resolve("jni"), directory.resolve("jni"));
    Path manifest = directory.resolve("MANIFEST.MF");
    Files.writeString(manifest, "Class-Path: " + classPath(directory.resolve("lib")) + "\n");
    jar(
        "--create",
        "--file",
        directory.resolve("function.jar").toString(),
        "--manifest",
        manifest.toString(),
        "-C",
        function.toString(),
        "dev",
        "-C",
        function.toString(),
        "META-INF");
    Files.delete(manifest);
    return new FunctionImage(directory);
  }

  /** Starts the function with the cache. A JVM that cannot use the cache ends. */
  public LambdaRuntime start(String handler, Map<String, String> environment) {
    return start(handler, environment, "-XX:AOTMode=on -XX:AOTCache=");
  }

  private LambdaRuntime start(String handler, Map<String, String> variables, String option) {
    Map<String, String> environment = new HashMap<>(variables);
    environment.put(
        "JAVA_TOOL_OPTIONS", option + directory.resolve("function.aot").toAbsolutePath());
    return LambdaRuntime.start(directory, directory.resolve("task"), handler, environment);
  }

  /** Makes the cache, and checks that the function starts with it. */
  public void train() throws IOException {
    Map<String, String> environment = new HashMap<>();
    environment.put("AWS_REGION", "us-east-1");
    environment.put("AWS_ACCESS_KEY_ID", "local");
    environment.put("AWS_SECRET_ACCESS_KEY", "local");
    environment.put("RESERVATIONS_TABLE", "Reservations");
    environment.put("INSTANCE_OWNERS_TABLE", "InstanceOwners");
    try (StubDynamoDb dynamoDb = StubDynamoDb.start()) {
      environment.put("AWS_ENDPOINT_URL_DYNAMODB", dynamoDb.endpoint().toString());
      try (LambdaRuntime runtime = start(HANDLER, environment, "-XX:AOTCacheOutput=")) {
        sendEvents(runtime);
        runtime.shutDown();
      }
      try (LambdaRuntime runtime = start(HANDLER, environment)) {
        sendEvents(runtime);
      }
    }
  }

  private static void sendEvents(LambdaRuntime runtime) throws IOException {
    for (String event : events()) {
      Completion completion = runtime.api().invoke(event, Duration.ofSeconds(10));
      if (!(completion instanceof Returned)) {
        throw new IllegalStateException(completion + "\n" + runtime.errors());
      }
    }
  }

  private static List<String> events() throws IOException {
    List<String> events = new ArrayList<>();
    try (Stream<Path> files = Files.list(Path.of("events"))) {
      for (Path file : files.sorted().toList()) {
        events.add(Files.readString(file));
      }
    }
    return events;
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = to.resolve(file.getFileName());
        if (!Files.exists(copy)) {
          Files.copy(file, copy);
        }
      }
    }
  }

  private static String classPath(Path libraries) throws IOException {
    try (Stream<Path> files = Files.list(libraries)) {
      return files
          .map(file -> "lib/" + file.getFileName())
          .sorted()
          .collect(Collectors.joining("\n  "));
    }
  }

  private static void jar(String... arguments) {
    int code = ToolProvider.findFirst("jar").orElseThrow().run(System.out, System.err, arguments);
    if (code != 0) {
      throw new UncheckedIOException(new IOException("jar ended with " + code));
    }
  }
}
