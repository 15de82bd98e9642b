package dev.marketreserve.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.Events;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.bench.function.EmptyFunction;
import dev.marketreserve.bench.function.HandWrittenFunction;
import dev.marketreserve.net.LocalCertificate;
import dev.marketreserve.runtime.Completion;
import dev.marketreserve.runtime.Completion.Returned;
import dev.marketreserve.runtime.LambdaRuntime;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
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
import java.util.function.Function;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocket;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/**
 * Compares the packaged function with others that make the same two operations in DynamoDB, over
 * TLS and over plain HTTP: {@code mvn -Pbench}. They run alternately, under Lambda's Runtime API on
 * this machine.
 */
final class Bench {

  private static final Path WORK = Path.of("target", "bench");
  private static final SamTemplate TEMPLATE = SamTemplate.read();
  private static final Duration TIMEOUT = Duration.ofSeconds(30);
  private static final int HANDSHAKES = 1000;
  private static final Pattern CREATED = Pattern.compile("\"statusCode\": ?201");

  /**
   * A function in the comparison.
   *
   * @param restored whether it starts with SnapStart's protocol
   * @param start starts it with the given environment variables
   */
  private record Contender(
      String name, boolean restored, Function<Map<String, String>, LambdaRuntime> start) {}

  private final int requests;
  private final ObjectNode event = Events.load("reserve");
  private final LocalCertificate certificate = LocalCertificate.create(WORK.resolve("certificate"));

  private Bench(int requests) throws IOException {
    this.requests = requests;
  }

  /**
   * Arguments: {@code rounds requests [baseline]}.
   *
   * <p>The baseline is the {@code target/function} of another commit, run with our function's
   * environment.
   */
  static void main(String... arguments) throws Exception {
    if (new ProcessBuilder("src/tools/bench/build").inheritIO().start().waitFor() != 0) {
      throw new IOException("src/tools/bench/build failed");
    }
    int rounds = Integer.parseInt(arguments[0]);
    Bench bench = new Bench(Integer.parseInt(arguments[1]));
    Path function = Path.of("target", "function");
    Path others = WORK.resolve("java");
    String handler = TEMPLATE.function().get("Handler").asText();
    List<Contender> contenders = new ArrayList<>();
    contenders.add(java(Results.OURS, true, function, handler));
    contenders.add(java("Market Reserve, cold", false, function, handler));
    contenders.add(java(Results.BY_HAND, false, others, HandWrittenFunction.class.getName()));
    contenders.add(java("empty handler, restored", true, others, EmptyFunction.class.getName()));
    addProgram(contenders, Results.NODE, "node", "node", "function.js");
    addProgram(contenders, Results.PYTHON, "python", "venv/bin/python", "function.py");
    addProgram(contenders, Results.GO, "go", "./bootstrap");
    if (arguments.length > 2) {
      contenders.add(java(Results.BASELINE, true, Path.of(arguments[2]), handler));
    }
    bench.warmUp();
    // The first run does not count, because it also warms up this process.
    bench.measure(contenders.getFirst(), new Results());
    Results results = new Results();
    for (int round = 1; round <= rounds; round++) {
      for (Contender contender : contenders) {
        System.out.printf(Locale.ROOT, "round %d of %d: %s%n", round, rounds, contender.name());
        bench.measure(contender, results);
      }
    }
    results.write(rounds, bench.requests);
  }

  private static Contender java(String title, boolean restored, Path function, String handler) {
    return new Contender(
        title,
        restored,
        environment -> LambdaRuntime.start(List.of(), function, handler, environment));
  }

  /** Adds a function in another language, if it was built. */
  private static void addProgram(
      List<Contender> contenders, String name, String directory, String... command) {
    Path function = WORK.resolve(directory);
    if (Files.exists(function)) {
      contenders.add(
          new Contender(
              name,
              false,
              environment ->
                  LambdaRuntime.startProgram(List.of(command), function, "function", environment)));
    }
  }

  /**
   * Makes TLS handshakes until the stub's code for them is compiled, because a function makes only
   * one.
   */
  private void warmUp() throws Exception {
    SslContextFactory.Client client = new SslContextFactory.Client(true);
    client.start();
    try (StubDynamoDb dynamoDb = new StubDynamoDb(true, certificate)) {
      URI address = dynamoDb.endpoint();
      for (int i = 0; i < HANDSHAKES; i++) {
        try (SSLSocket socket = client.newSslSocket()) {
          socket.connect(new InetSocketAddress(address.getHost(), address.getPort()));
          socket.startHandshake();
        }
      }
    }
  }

  private void measure(Contender contender, Results results) throws Exception {
    for (String transport : List.of(Results.TLS, Results.PLAIN)) {
      boolean tls = transport.equals(Results.TLS);
      try (StubDynamoDb dynamoDb = new StubDynamoDb(tls, certificate)) {
        measure(contender, dynamoDb, transport, results);
      }
    }
  }

  private void measure(
      Contender contender, StubDynamoDb dynamoDb, String transport, Results results)
      throws Exception {
    long start = System.nanoTime();
    try (LambdaRuntime runtime = contender.start().apply(environment(contender, dynamoDb))) {
      if (contender.restored()) {
        runtime.api().awaitCheckpoint();
        dynamoDb.dropConnections();
        start = System.nanoTime();
        runtime.api().restore();
      }
      invoke(contender, runtime);
      results.add(contender.name(), Results.FIRST + transport, millisSince(start));
      for (int i = 0; i < requests; i++) {
        invoke(contender, runtime);
      }
      int attemptsBefore = dynamoDb.attempts();
      double[] times = new double[requests];
      for (int i = 0; i < requests; i++) {
        long request = System.nanoTime();
        invoke(contender, runtime);
        times[i] = millisSince(request);
      }
      Arrays.sort(times);
      results.add(contender.name(), Results.P50 + transport, times[requests / 2]);
      results.add(contender.name(), Results.P99 + transport, times[requests * 99 / 100]);
      results.add(contender.name(), Results.PEAK + transport, peakMemory(runtime.pid()));
      results.add(
          contender.name(),
          Results.ATTEMPTS + transport,
          (double) (dynamoDb.attempts() - attemptsBefore) / requests);
    }
  }

  private void invoke(Contender contender, LambdaRuntime runtime) {
    event.put("body", "{\"group_id\": \"%s\"}".formatted(UUID.randomUUID()));
    Completion completion = runtime.api().invoke(event.toString(), TIMEOUT);
    if (!(completion instanceof Returned(String payload)) || !CREATED.matcher(payload).find()) {
      throw new IllegalStateException(
          contender.name() + ": " + completion + runtime.output() + runtime.errors());
    }
  }

  private Map<String, String> environment(Contender contender, StubDynamoDb dynamoDb) {
    JsonNode function = TEMPLATE.function();
    Map<String, String> environment = new HashMap<>(TEMPLATE.environment());
    environment.putAll(certificate.environment());
    environment.put("AWS_ENDPOINT_URL_DYNAMODB", dynamoDb.endpoint().toString());
    environment.put("AWS_LAMBDA_LOG_FORMAT", function.at("/LoggingConfig/LogFormat").asText());
    environment.put("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.get("MemorySize").asText());
    if (contender.restored()) {
      environment.put("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
    }
    return environment;
  }

  /** The process's peak memory, in MB. */
  private static double peakMemory(long pid) throws IOException {
    String status = Files.readString(Path.of("/proc/" + pid + "/status"));
    return Double.parseDouble(status.replaceFirst("(?s).*VmHWM:\\s*(\\d+).*", "$1")) / 1000;
  }

  private static double millisSince(long nanoTime) {
    return (System.nanoTime() - nanoTime) / 1e6;
  }
}
