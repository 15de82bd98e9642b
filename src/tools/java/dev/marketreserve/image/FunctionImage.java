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
 * <p>A training run makes the cache: Lambda's runtime client starts the function with the variables
 * that it has on Lambda, and the events of {@code events/} are sent to it until it has given every
 * answer it can give, with {@link StubDynamoDb} behind it, over TLS.
 *
 * @param directory the directory of the function and the cache
 * @see <a href="https://openjdk.org/jeps/514">JEP 514: Ahead-of-Time Command-Line Ergonomics</a>
 */
public record FunctionImage(Path directory) {

  private static final String HANDLER = "dev.marketreserve.ReserveHandler";

  private static final List<String> EVERY_ANSWER =
      List.of(
          "\"statusCode\":201",
          "Idempotent-Replayed",
          "\"statusCode\":400",
          "\"statusCode\":403",
          "\"statusCode\":409",
          "\"statusCode\":500");

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
    FunctionImage image = new FunctionImage(directory);
    LocalCertificate.create(image.training()); // here, since Lambda's JVM may lack keytool
    return image;
  }

  /** Starts the function with the cache. A JVM that cannot use the cache ends. */
  public LambdaRuntime start(String handler, Map<String, String> environment) {
    return start(handler, environment, "-XX:AOTMode=on -XX:AOTCache=");
  }

  private LambdaRuntime start(String handler, Map<String, String> variables, String option) {
    Map<String, String> environment = new HashMap<>(variables);
    environment.merge(
        "JAVA_TOOL_OPTIONS",
        option + directory.resolve("function.aot").toAbsolutePath(),
        (own, cache) -> own + " " + cache);
    return LambdaRuntime.start(directory, directory.resolve("task"), handler, environment);
  }

  /** The variables that the function has on Lambda; a cache holds for code that they lead to. */
  public static Map<String, String> variables() {
    Map<String, String> variables = new HashMap<>();
    variables.put("RESERVATIONS_TABLE", "Reservations");
    variables.put("INSTANCE_OWNERS_TABLE", "InstanceOwners");
    variables.put(
        "JAVA_TOOL_OPTIONS",
        "-XX:TieredStopAtLevel=1 -XX:+DisableExplicitGC -Dhttp.keepAlive.time.server=60");
    variables.put("AWS_LAMBDA_LOG_FORMAT", "JSON");
    variables.put("AWS_REGION", "us-east-1");
    variables.put("AWS_ACCESS_KEY_ID", "local");
    variables.put("AWS_SECRET_ACCESS_KEY", "local");
    variables.put("AWS_SESSION_TOKEN", "local");
    return variables;
  }

  /** Makes the cache, and checks that the function starts with it. */
  public void train() throws IOException {
    LocalCertificate certificate = new LocalCertificate(training());
    Map<String, String> environment = variables();
    environment.merge(
        "JAVA_TOOL_OPTIONS",
        "-Djavax.net.ssl.trustStore=" + certificate.trustStore(),
        (own, trust) -> own + " " + trust);
    try (StubDynamoDb dynamoDb = StubDynamoDb.start(certificate)) {
      environment.put("AWS_ENDPOINT_URL_DYNAMODB", dynamoDb.endpoint().toString());
      try (LambdaRuntime runtime = start(HANDLER, environment, "-XX:AOTCacheOutput=")) {
        getEveryAnswer(runtime, dynamoDb);
        runtime.shutDown();
      }
      try (LambdaRuntime runtime = start(HANDLER, environment)) {
        sendEvents(runtime);
      }
    }
    certificate.delete();
  }

  private Path training() {
    return directory.resolve("training").toAbsolutePath();
  }

  /** Sends every event twice, so that the second meets the first, and then without a DynamoDB. */
  private static void getEveryAnswer(LambdaRuntime runtime, StubDynamoDb dynamoDb)
      throws IOException {
    String answers = sendEvents(runtime) + sendEvents(runtime);
    dynamoDb.fail(true);
    answers += sendEvents(runtime);
    for (String expected : EVERY_ANSWER) {
      if (!answers.contains(expected)) {
        throw new IllegalStateException("No answer with " + expected + ":\n" + answers);
      }
    }
  }

  private static String sendEvents(LambdaRuntime runtime) throws IOException {
    StringBuilder answers = new StringBuilder();
    for (String event : events()) {
      Completion completion = runtime.api().invoke(event, Duration.ofSeconds(10));
      if (!(completion instanceof Returned(String payload))) {
        throw new IllegalStateException(completion + "\n" + runtime.errors());
      }
      answers.append(payload).append('\n');
    }
    return answers.toString();
  }

  private static List<String> events() throws IOException {
    List<String> events = new ArrayList<>();
    try (Stream<Path> files = Files.list(Path.of("events"))) {
      for (Path file : files.sorted().toList()) {
        if (!file.endsWith("env.json")) {
          events.add(Files.readString(file));
        }
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
