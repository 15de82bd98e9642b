package dev.marketreserve.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.dynamodb.DynamoDbLocal;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.Events;
import dev.marketreserve.runtime.Completion;
import dev.marketreserve.runtime.Completion.Returned;
import dev.marketreserve.runtime.LambdaRuntime;
import dev.marketreserve.tls.LocalCertificate;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;

/**
 * Measures the packaged function beside others that do the same two calls, all under Lambda's
 * Runtime API on this machine, in turns, and {@link RequestPath} by itself: {@code mvn -Pbench}.
 *
 * <p>Writes {@code docs/performance/results.json} and {@code docs/performance/plot.svg}.
 */
final class Bench {

  private static final Path WORK = Path.of("target", "bench");
  private static final Path SCRIPTS = Path.of("src", "tools", "bench");
  private static final Path RESULTS = Path.of("docs", "performance");
  private static final Path FUNCTION = Path.of("target", "function");
  private static final String HANDLER = SamTemplate.read().function().get("Handler").asText();
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** The table of the sample that {@code bench.sample} names. */
  private static final String PRODUCTS = "Products";

  private final int rounds;
  private final int requests;
  private final Results results = new Results();

  private Bench(int rounds, int requests) {
    this.rounds = rounds;
    this.requests = requests;
  }

  /** {@code rounds requests append [sample.jar]}; appended rounds add to those measured before. */
  static void main(String... arguments) throws IOException, InterruptedException, RunnerException {
    Bench bench = new Bench(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]));
    List<Contender> contenders = contenders();
    if (Boolean.parseBoolean(arguments[2])) {
      bench.results.read(RESULTS);
    }
    if (arguments.length > 3 && !arguments[3].isBlank()) {
      contenders.addAll(samples(Path.of(arguments[3])));
    }
    LocalCertificate certificate = LocalCertificate.create(WORK.resolve("certificate"));
    try (StubDynamoDb stub = StubDynamoDb.start();
        StubDynamoDb secure = StubDynamoDb.start(certificate);
        DynamoDbLocal local = DynamoDbLocal.start()) {
      try (Tables tables = Tables.create(local.endpoint(), "")) {
        tables.register(Events.tenant());
        createProducts(tables.client());
        bench.measure(
            contenders,
            List.of(
                Backend.of("stub", stub),
                Backend.of("stub, TLS", secure).trusting(certificate),
                Backend.of("DynamoDB Local", local.endpoint())));
      }
    }
    bench.results.write(RESULTS, bench.requests, requestPath());
    System.out.println(bench.results.table());
  }

  /** {@link RequestPath}, with what it allocates. */
  private static RunResult requestPath() throws RunnerException {
    return new Runner(
            new OptionsBuilder()
                .include(RequestPath.class.getName())
                .addProfiler(GCProfiler.class)
                .build())
        .runSingle();
  }

  private static List<Contender> contenders() throws IOException, InterruptedException {
    List<Contender> all = new ArrayList<>();
    all.add(Contender.snapStart("SnapStart", FUNCTION, HANDLER, Bench::event));
    all.add(Contender.onDemand("zip", FUNCTION, HANDLER, Bench::event));
    Path functions = bare();
    all.add(
        Contender.onDemand(
            "hand-written", functions, className("HandWrittenFunction"), Bench::event));
    String empty = className("EmptyFunction");
    all.add(Contender.onDemand("empty handler", functions, empty, Bench::event));
    all.add(Contender.snapStart("empty handler, SnapStart", functions, empty, Bench::event));
    Optional<Path> node = program("node");
    if (node.isPresent() && program("npm").isPresent()) {
      Path function = scripts("node");
      run(function, "npm", "install", "--silent", "--no-audit", "--no-fund");
      all.add(
          Contender.script(
              "Node, SDK v3",
              function,
              List.of(node.get().toString(), "function.js"),
              Bench::event));
    }
    Optional<Path> python = program("python3");
    if (python.isPresent()) {
      Path function = scripts("python");
      Path libraries = function.resolve("lib");
      if (!Files.exists(libraries)) {
        run(function, "python3", "-m", "venv", "venv");
        run(function, "venv/bin/pip", "install", "-q", "-t", "lib", "-r", "requirements.txt");
        run(function, "rm", "-r", "venv");
      }
      all.add(
          Contender.script(
              "Python, boto3",
              function,
              List.of("/usr/bin/env", "PYTHONPATH=lib", interpreter(), "function.py"),
              Bench::event));
    }
    if (program("go").isPresent()) {
      Path function = Files.createDirectories(WORK.resolve("go")).toAbsolutePath();
      run(SCRIPTS.resolve("go"), "go", "build", "-ldflags=-s -w", "-o", function + "/bootstrap");
      all.add(Contender.script("Go, SDK v2", function, List.of("./bootstrap"), Bench::event));
    }
    if (program("cargo").isPresent()) {
      Path target = WORK.resolve("rust-build").toAbsolutePath();
      Path function = Files.createDirectories(WORK.resolve("rust"));
      run(
          SCRIPTS.resolve("rust"),
          "cargo",
          "build",
          "--quiet",
          "--release",
          "--locked",
          "--target-dir",
          target.toString());
      Files.copy(
          target.resolve("release").resolve("function"),
          function.resolve("bootstrap"),
          StandardCopyOption.REPLACE_EXISTING);
      all.add(Contender.script("Rust", function, List.of("./bootstrap"), Bench::event));
    }
    return all;
  }

  /** The put, and the get that is primed, of github.com/Vadym79/aws-lambda-java-25. */
  private static List<Contender> samples(Path jar) throws IOException {
    Path function = WORK.resolve("sample");
    Files.createDirectories(function.resolve("lib"));
    Path copy = function.resolve("lib").resolve("sample.jar");
    Files.deleteIfExists(copy);
    Files.copy(jar, copy);
    String handlers = "software.amazonaws.example.product.handler.";
    Contender put =
        Contender.onDemand(
            "sample, one put",
            function,
            handlers + "CreateProductHandler::handleRequest",
            Bench::product);
    Contender get =
        Contender.snapStart(
            "sample, one get, SnapStart",
            function,
            handlers + "GetProductByIdWithFullPrimingHandler::handleRequest",
            Bench::product);
    String options = "-XX:+TieredCompilation -XX:TieredStopAtLevel=1"; // as in its template
    return List.of(put.withOptions(options), get.withOptions(options));
  }

  private void measure(List<Contender> contenders, List<Backend> backends) throws IOException {
    // The first run also warms up this process and DynamoDB Local, and does not count.
    for (Backend backend : backends) {
      measure(contenders.getFirst(), new Results.Row(), backend);
    }
    for (int round = 0; round < rounds; round++) {
      for (Contender contender : contenders) {
        System.out.printf("round %d of %d: %s%n", round + 1, rounds, contender.name());
        for (Backend backend : backends) {
          if (backend.variables().isEmpty() || contender.makesBothCalls()) {
            measure(contender, results.row(contender.name(), backend.name()), backend);
          }
        }
      }
    }
  }

  private void measure(Contender contender, Results.Row row, Backend backend) throws IOException {
    row.add("artifact MB", size(contender.artifact()) / 1e6);
    long start = System.nanoTime();
    try (LambdaRuntime runtime = contender.start(environment(backend))) {
      if (contender.snapStart()) {
        runtime.api().awaitCheckpoint();
        row.add("snapshot ms", millisSince(start));
        backend.dropConnections();
        start = System.nanoTime();
        runtime.api().restore();
      }
      invoke(contender, runtime);
      row.add(contender.snapStart() ? "restored first ms" : "cold ms", millisSince(start));
      for (int i = 0; i < requests; i++) {
        invoke(contender, runtime);
      }
      int callsBefore = backend.calls();
      double[] times = new double[requests];
      long warm = System.nanoTime();
      for (int i = 0; i < requests; i++) {
        long request = System.nanoTime();
        invoke(contender, runtime);
        times[i] = millisSince(request);
      }
      row.add("requests/s", 1000 * requests / millisSince(warm));
      Arrays.sort(times);
      row.add("warm p50 ms", times[requests / 2]);
      row.add("warm p90 ms", times[requests * 90 / 100]);
      row.add("warm p99 ms", times[requests * 99 / 100]);
      row.add("peak MB", peakMemory(runtime.pid()));
      if (backend.stub() != null) {
        row.add("calls", (double) (backend.calls() - callsBefore) / requests);
      }
    }
  }

  private static void invoke(Contender contender, LambdaRuntime runtime) {
    String event = contender.event().apply(UUID.randomUUID().toString());
    Completion completion = runtime.api().invoke(event, TIMEOUT);
    if (!(completion instanceof Returned(String payload)) || payload.contains("\"statusCode\":5")) {
      throw new IllegalStateException(
          contender.name() + ": " + completion + runtime.output() + runtime.errors());
    }
  }

  private static Map<String, String> environment(Backend backend) {
    Map<String, String> environment = new HashMap<>(SamTemplate.read().environment());
    environment.put("AWS_ENDPOINT_URL_DYNAMODB", backend.endpoint().toString());
    environment.put(
        "AWS_LAMBDA_LOG_FORMAT",
        SamTemplate.read().function().at("/LoggingConfig/LogFormat").asText());
    backend
        .variables()
        .forEach(
            (name, value) -> environment.merge(name, value, (own, added) -> own + " " + added));
    environment.put(
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        SamTemplate.read().function().get("MemorySize").asText());
    environment.put("AWS_REGION", "us-east-1");
    environment.put("AWS_DEFAULT_REGION", "us-east-1");
    environment.put("AWS_ACCESS_KEY_ID", "local");
    environment.put("AWS_SECRET_ACCESS_KEY", "local");
    environment.put("AWS_SESSION_TOKEN", "local");
    environment.put("REGION", "us-east-1");
    environment.put("PRODUCT_TABLE_NAME", PRODUCTS);
    return environment;
  }

  private static String event(String group) {
    String body = JsonNodeFactory.instance.objectNode().put("group_id", group).toString();
    return read("reserve.json").put("body", body).toString();
  }

  private static String product(String id) {
    ObjectNode event = read("reserve.json");
    event.putObject("pathParameters").put("id", id);
    return event
        .put("body", "{\"id\": \"%s\", \"name\": \"product\", \"price\": 1}".formatted(id))
        .toString();
  }

  private static ObjectNode read(String event) {
    try {
      return (ObjectNode) new JsonMapper().readTree(Path.of("events", event).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void createProducts(DynamoDbClient client) {
    client.createTable(
        table ->
            table
                .tableName(PRODUCTS)
                .billingMode("PAY_PER_REQUEST")
                .attributeDefinitions(
                    List.of(
                        AttributeDefinition.builder()
                            .attributeName("PK")
                            .attributeType(ScalarAttributeType.S)
                            .build()))
                .keySchema(
                    List.of(
                        KeySchemaElement.builder().attributeName("PK").keyType("HASH").build())));
  }

  /** The functions of this package's own, as they would be uploaded. */
  private static Path bare() throws IOException {
    Path relative = Path.of("dev", "marketreserve", "bench", "function");
    Path to = Files.createDirectories(WORK.resolve("bare").resolve(relative));
    return copy(Path.of("target", "test-classes").resolve(relative), to, WORK.resolve("bare"));
  }

  private static Path scripts(String language) throws IOException {
    Path to = Files.createDirectories(WORK.resolve(language));
    return copy(SCRIPTS.resolve(language), to, to);
  }

  private static Path copy(Path from, Path to, Path function) throws IOException {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.write(to.resolve(file.getFileName()), Files.readAllBytes(file));
      }
    }
    return function;
  }

  private static String className(String function) {
    return Bench.class.getPackageName() + ".function." + function;
  }

  private static Optional<Path> program(String name) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
        .map(directory -> Path.of(directory, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** The interpreter itself: a shim before it would count into the cold start. */
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

  private static double size(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    }
  }

  /** The most memory that the process ever had in use, in MB. */
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
