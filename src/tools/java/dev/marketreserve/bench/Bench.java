package dev.marketreserve.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.Events;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.net.LocalCertificate;
import dev.marketreserve.runtime.Completion;
import dev.marketreserve.runtime.Completion.Returned;
import dev.marketreserve.runtime.LambdaRuntime;
import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/**
 * Compares the packaged function with others that make the same two calls to DynamoDB, over TLS and
 * over plain HTTP: {@code mvn -Pbench}. They run alternately, under Lambda's Runtime API on this
 * machine.
 *
 * <p>Writes the results into {@code docs/performance.md}, its plot and a file with every round.
 */
final class Bench {

  private static final Path WORK = Path.of("target", "bench");
  private static final Path SCRIPTS = Path.of("src", "tools", "bench");
  private static final Path FUNCTION = Path.of("target", "function");
  private static final String HANDLER = SamTemplate.read().function().get("Handler").asText();
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private static final int HANDSHAKES = 1000;
  private static final Pattern CREATED = Pattern.compile("\"statusCode\": ?201");

  private final int requests;
  private final ObjectNode event = Events.load("reserve");
  private final LocalCertificate certificate;
  private final Results results;

  private Bench(int rounds, int requests) throws IOException {
    this.requests = requests;
    certificate = LocalCertificate.create(WORK.resolve("certificate"));
    results = new Results(rounds, requests);
  }

  /**
   * {@code rounds requests [baseline]}.
   *
   * <p>The baseline is the {@code target/function} of another commit, run with our function's
   * environment.
   */
  static void main(String... arguments) throws IOException, InterruptedException {
    int rounds = Integer.parseInt(arguments[0]);
    Bench bench = new Bench(rounds, Integer.parseInt(arguments[1]));
    List<Contender> contenders = contenders();
    if (arguments.length > 2) {
      contenders.add(Contender.snapStart(Results.BASELINE, Path.of(arguments[2]), HANDLER));
    }
    bench.warmUp();
    // The first run does not count, because it also warms up this process.
    bench.measure(contenders.getFirst(), new Results(1, bench.requests));
    for (int round = 1; round <= rounds; round++) {
      for (Contender contender : contenders) {
        System.out.printf(Locale.ROOT, "round %d of %d: %s%n", round, rounds, contender.name());
        bench.measure(contender, bench.results);
      }
    }
    bench.results.write(Path.of("docs"));
  }

  /**
   * Makes TLS handshakes until the stub's code for them is compiled, because a function makes only
   * one.
   */
  private void warmUp() throws IOException {
    SSLSocketFactory sockets = certificate.context().getSocketFactory();
    try (StubDynamoDb dynamoDb = StubDynamoDb.start(certificate)) {
      for (int i = 0; i < HANDSHAKES; i++) {
        URI endpoint = dynamoDb.endpoint();
        try (Socket socket = sockets.createSocket(endpoint.getHost(), endpoint.getPort())) {
          ((SSLSocket) socket).startHandshake();
        }
      }
    }
  }

  private static List<Contender> contenders() throws IOException, InterruptedException {
    List<Contender> all = new ArrayList<>();
    all.add(Contender.snapStart(Results.OURS, FUNCTION, HANDLER));
    all.add(Contender.onDemand("Market Reserve, cold", FUNCTION, HANDLER));
    Path functions = comparedFunctions();
    all.add(Contender.onDemand(Results.BY_HAND, functions, className("HandWrittenFunction")));
    all.add(Contender.snapStart(Results.EMPTY, functions, className("EmptyFunction")));
    if (installed("node") && installed("npm")) {
      Path function = scripts("node");
      run(function, "npm", "install", "--silent", "--no-audit", "--no-fund");
      all.add(Contender.script(Results.NODE, function, "node", "function.js"));
    }
    if (installed("python3")) {
      Path function = scripts("python");
      if (!Files.exists(function.resolve("lib"))) {
        run(function, "python3", "-m", "venv", "venv");
        run(function, "venv/bin/pip", "install", "-q", "-t", "lib", "-r", "requirements.txt");
        run(function, "rm", "-r", "venv");
      }
      all.add(
          Contender.script(
              Results.PYTHON,
              function,
              "/usr/bin/env",
              "PYTHONPATH=lib",
              interpreter(),
              "function.py"));
    }
    if (installed("go")) {
      Path function = Files.createDirectories(WORK.resolve("go")).toAbsolutePath();
      run(SCRIPTS.resolve("go"), "go", "build", "-ldflags=-s -w", "-o", function + "/bootstrap");
      all.add(Contender.script(Results.GO, function, "./bootstrap"));
    }
    return all;
  }

  private void measure(Contender contender, Results into) throws IOException {
    if (!contender.name().equals(Results.EMPTY)) {
      try (StubDynamoDb dynamoDb = StubDynamoDb.start(certificate)) {
        measure(contender, dynamoDb, into.row(contender.name(), Results.TLS));
      }
    }
    try (StubDynamoDb dynamoDb = StubDynamoDb.start()) {
      measure(contender, dynamoDb, into.row(contender.name(), Results.PLAIN));
    }
  }

  private void measure(Contender contender, StubDynamoDb dynamoDb, Results.Row row)
      throws IOException {
    int credentialsBefore = 0;
    long start = System.nanoTime();
    try (LambdaRuntime runtime = contender.start(environment(dynamoDb))) {
      if (contender.snapStart()) {
        runtime.api().awaitCheckpoint();
        dynamoDb.dropConnections();
        credentialsBefore = runtime.api().credentialsServed();
        start = System.nanoTime();
        runtime.api().restore();
      }
      invoke(contender, runtime);
      row.add(Results.FIRST, millisSince(start));
      if (contender.snapStart()
          && dynamoDb.calls() > 0
          && runtime.api().credentialsServed() == credentialsBefore) {
        throw new IllegalStateException(contender.name() + " did not fetch its credentials");
      }
      for (int i = 0; i < requests; i++) {
        invoke(contender, runtime);
      }
      int callsBefore = dynamoDb.calls();
      double[] times = new double[requests];
      for (int i = 0; i < requests; i++) {
        long request = System.nanoTime();
        invoke(contender, runtime);
        times[i] = millisSince(request);
      }
      Arrays.sort(times);
      row.add(Results.WARM_P50, times[requests / 2]);
      row.add(Results.WARM_P99, times[requests * 99 / 100]);
      row.add(Results.PEAK, peakMemory(runtime.pid()));
      row.add(Results.CALLS, (double) (dynamoDb.calls() - callsBefore) / requests);
    }
  }

  private void invoke(Contender contender, LambdaRuntime runtime) {
    String group = UUID.randomUUID().toString();
    String body = JsonNodeFactory.instance.objectNode().put("group_id", group).toString();
    Completion completion = runtime.api().invoke(event.put("body", body).toString(), TIMEOUT);
    if (!(completion instanceof Returned(String payload)) || !CREATED.matcher(payload).find()) {
      throw new IllegalStateException(
          contender.name() + ": " + completion + runtime.output() + runtime.errors());
    }
  }

  private Map<String, String> environment(StubDynamoDb dynamoDb) throws IOException {
    Map<String, String> environment = new HashMap<>(SamTemplate.read().environment());
    environment.putAll(certificate.environment());
    environment.put("AWS_ENDPOINT_URL_DYNAMODB", dynamoDb.endpoint().toString());
    environment.put(
        "AWS_LAMBDA_LOG_FORMAT",
        SamTemplate.read().function().at("/LoggingConfig/LogFormat").asText());
    environment.put(
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        SamTemplate.read().function().get("MemorySize").asText());
    return environment;
  }

  /** The Java functions to compare with, packaged with the function's libraries. */
  private static Path comparedFunctions() throws IOException {
    Path function = WORK.resolve("java");
    Path classes = Path.of("dev", "marketreserve", "bench", "function");
    copy(Path.of("target", "test-classes").resolve(classes), function.resolve(classes));
    copy(FUNCTION.resolve("lib"), function.resolve("lib"));
    return function;
  }

  private static Path scripts(String language) throws IOException {
    return copy(SCRIPTS.resolve(language), WORK.resolve(language));
  }

  private static Path copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.write(to.resolve(file.getFileName()), Files.readAllBytes(file));
      }
    }
    return to;
  }

  private static String className(String function) {
    return Bench.class.getPackageName() + ".function." + function;
  }

  private static boolean installed(String program) {
    boolean found =
        Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
            .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    if (!found) {
      System.out.println(program + " is not installed, so its function is left out.");
    }
    return found;
  }

  /** The interpreter itself, because a wrapper script would add to the cold start. */
  private static String interpreter() throws IOException {
    Process process =
        new ProcessBuilder("python3", "-c", "import sys; print(sys.executable)").start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  private static void run(Path directory, String... command)
      throws IOException, InterruptedException {
    int code =
        new ProcessBuilder(command).directory(directory.toFile()).inheritIO().start().waitFor();
    if (code != 0) {
      throw new IOException(String.join(" ", command) + " ended with " + code);
    }
  }

  /** The process's peak memory, in MB. */
  private static double peakMemory(long pid) throws IOException {
    String line =
        Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
            .filter(l -> l.startsWith("VmHWM"))
            .findFirst()
            .orElseThrow();
    return Double.parseDouble(line.replaceAll("\\D", "")) / 1000;
  }

  private static double millisSince(long nanoTime) {
    return (System.nanoTime() - nanoTime) / 1e6;
  }
}
