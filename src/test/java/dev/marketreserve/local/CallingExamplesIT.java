package dev.marketreserve.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.marketreserve.Events;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.local.FlakyGateway.Answer;
import dev.marketreserve.local.FlakyGateway.Call;
import dev.marketreserve.local.FlakyGateway.CutAnswer;
import dev.marketreserve.local.FlakyGateway.Fate;
import dev.marketreserve.local.FlakyGateway.LostAnswer;
import dev.marketreserve.local.FlakyGateway.Silence;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs the examples of {@code docs/calling.md} as their readers do. */
@Execution(ExecutionMode.CONCURRENT)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CallingExamplesIT {

  enum Example {
    CURL,
    JAVA,
    PYTHON;

    /** The program and its first arguments. */
    List<String> command() {
      return switch (this) {
        case CURL -> List.of("bash", "docs/examples/reserve.sh");
        case JAVA ->
            List.of(
                jdk("java"),
                "-XX:TieredStopAtLevel=1",
                "-classpath",
                CLASSES + File.pathSeparator + LIBRARIES,
                "Reserve");
        case PYTHON -> List.of("python3", "docs/examples/reserve.py");
      };
    }
  }

  /**
   * The libraries that {@code mvn package} copies for Lambda; the AWS SDK's signer is among them.
   */
  private static final String LIBRARIES = "target/function/lib/*";

  private static final String CLASSES = "target/examples";

  private record Result(int status, String output, String errors) {}

  /** How an example ended, and the calls that it made. */
  private record Ended(Result result, List<Call> calls) {}

  private static final TenantIds TENANT = Events.tenant();
  private static final TenantIds OTHER_TENANT =
      new TenantIds("other-domain", "project", "other-instance");
  private static final Answer SYSTEM_ERROR =
      new Answer(500, "{\"error_code\":\"APIG.9999\",\"error_msg\":\"System error.\"}");

  private static final Answer REFUSAL =
      new Answer(409, "{\"error_code\":\"APIG.3402\",\"error_msg\":\"m\",\"request_id\":\"r\"}");
  private static final String PAGE = "<html><h1>Gateway Timeout</h1></html>";

  /** The region makes an example sign, but there is neither a profile nor a role. */
  private static final Map<String, String> NO_CREDENTIALS =
      Map.of(
          "AWS_REGION", "eu-central-1",
          "HOME", "/nonexistent",
          "AWS_EC2_METADATA_DISABLED", "true");

  private static LocalApi api;

  @BeforeAll
  static void findThePrograms() throws InterruptedException {
    for (String program : List.of("bash", "curl", "python3")) {
      try {
        assertEquals(0, new ProcessBuilder(program, "--version").start().waitFor());
      } catch (IOException e) {
        fail("The examples of docs/calling.md need " + program + ", which cannot be started", e);
      }
    }
  }

  /** Compiles it only once, because that takes longer than a call. */
  @BeforeAll
  static void compileTheExampleInJava() throws IOException, InterruptedException {
    Process javac =
        new ProcessBuilder(
                jdk("javac"),
                "--release",
                "17",
                "-Xlint:all",
                "-Werror",
                "-d",
                CLASSES,
                "-classpath",
                LIBRARIES,
                "docs/examples/Reserve.java")
            .start();
    String errors = text(javac.getErrorStream());
    assertEquals(0, javac.waitFor(), errors);
  }

  @BeforeAll
  static void start() throws IOException {
    api = LocalApi.start(0, "127.0.0.1", 0, List.of(TENANT, OTHER_TENANT));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @ParameterizedTest
  @EnumSource
  void theHolderGetsItsPurchaseIdAgainWithAnyKeyAndAnotherTenantIsRefused(Example example)
      throws Exception {
    String group = UUID.randomUUID().toString();
    Result first = run(example, api.url(), TENANT, group, "order-1");
    assertEquals(0, first.status(), first.errors());
    UUID.fromString(first.output());
    assertEquals(first, run(example, api.url(), TENANT, group, "order-1"));
    assertEquals(first, run(example, api.url(), TENANT, group, "another-order"));
    Result other = run(example, api.url(), OTHER_TENANT, group, "order-1");
    assertEquals(10, other.status(), other.errors());
    assertEquals("", other.output());
    assertTrue(other.errors().contains("APIG.3402"), other.errors());
  }

  @ParameterizedTest
  @EnumSource
  void anUnknownOutcomeIsRetriedWithTheSameKeyAfterGrowingPauses(Example example) throws Exception {
    List<Fate> fates = List.of(SYSTEM_ERROR, new LostAnswer(), new Answer(504, "{}"));
    try (FlakyGateway gateway = FlakyGateway.start(api.url(), fates)) {
      String group = UUID.randomUUID().toString();
      Result result = run(example, gateway.url(), TENANT, group, "order-2");
      assertEquals(0, result.status(), result.errors());
      List<Call> calls = gateway.calls();
      assertEquals(4, calls.size());
      assertEquals(1, calls.stream().map(Call::body).distinct().count());
      assertEquals(Set.of("order-2"), keys(calls));
      assertPausesGrow(calls);
      assertEquals(result.output(), run(example, api.url(), TENANT, group, "order-2").output());
    }
  }

  @ParameterizedTest
  @EnumSource
  void aThrottledOrFailedCallIsRetried(Example example) throws Exception {
    assertEnded(0, 3, call(example, List.of(new Answer(429, "{}"), new Answer(502, "{}"))));
  }

  @Order(1) // The longest test starts first; the others run in parallel.
  @ParameterizedTest
  @EnumSource
  void aCallWithoutAResponseTimesOutAndIsRetried(Example example) throws Exception {
    assertEnded(0, 2, call(example, List.of(new Silence())));
  }

  @ParameterizedTest
  @EnumSource
  void aRefusedCallIsNotRetried(Example example) throws Exception {
    for (int status : new int[] {400, 403, 404, 413}) {
      Ended ended = call(example, List.of(error(status)));
      assertEnded(12, 1, ended);
      assertEquals(error(status).body(), ended.result().errors());
    }
  }

  @ParameterizedTest
  @EnumSource
  void a409SettlesTheOrderWhateverCameBefore(Example example) throws Exception {
    for (List<Answer> fates : List.of(List.of(REFUSAL), List.of(SYSTEM_ERROR, REFUSAL))) {
      Ended ended = call(example, fates);
      assertEnded(10, fates.size(), ended);
      assertTrue(ended.result().errors().endsWith(REFUSAL.body()), ended::toString);
    }
  }

  /** The group is reserved in the first two cases, and may be in the others. */
  @ParameterizedTest
  @EnumSource
  void afterAnUnknownOutcomeNoOther4xxSettlesTheOrder(Example example) throws Exception {
    for (List<Fate> fates :
        List.of(
            List.<Fate>of(new LostAnswer(), error(403)),
            List.<Fate>of(new CutAnswer(), error(400)),
            List.<Fate>of(new Answer(504, PAGE), error(404)),
            List.<Fate>of(new Answer(408, PAGE), error(413)),
            List.<Fate>of(new Answer(201, PAGE), new Answer(403, PAGE)))) {
      assertEnded(11, 2, call(example, fates));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aThrottledCallWroteNothing(Example example) throws Exception {
    assertEnded(12, 2, call(example, List.of(new Answer(429, "{}"), error(403))));
  }

  /** Such pages come from a proxy, not from the API. */
  @ParameterizedTest
  @EnumSource
  void anHtmlPageSettlesNothing(Example example) throws Exception {
    List<Answer> fates =
        List.of(new Answer(409, PAGE), new Answer(200, PAGE), new Answer(302, PAGE));
    assertEnded(0, 4, call(example, fates));
  }

  @ParameterizedTest
  @EnumSource
  void anOutageEndsAfterFiveAttemptsWithItsOwnExitStatus(Example example) throws Exception {
    Ended ended = call(example, Collections.nCopies(10, SYSTEM_ERROR));
    assertEnded(11, 5, ended);
    assertEquals(Set.of("order"), keys(ended.calls()));
    assertPausesGrow(ended.calls());
  }

  @ParameterizedTest
  @EnumSource
  void aCallWithMissingArgumentsOrCredentialsIsNotSent(Example example) throws Exception {
    try (FlakyGateway gateway = FlakyGateway.start(api.url(), List.of())) {
      String url = LocalApi.reserveUrl(gateway.url(), TENANT);
      for (Result result :
          List.of(
              run(example, Map.of(), url, "domain", "group"),
              run(example, Map.of(), "localhost", "domain", "group", "key"),
              run(example, NO_CREDENTIALS, url, "domain", "group", "key"))) {
        assertEquals(12, result.status(), result.errors());
        assertEquals("", result.output());
        assertEquals(1, result.errors().lines().count(), result.errors());
      }
      assertEquals(List.of(), gateway.calls());
    }
  }

  @Test
  void reconcilingReportsWhichOrdersAreSettled() throws Exception {
    Result mine = run(Example.CURL, api.url(), TENANT, "mine", "key-1");
    run(Example.CURL, api.url(), OTHER_TENANT, "theirs", "key-2");
    String settled = order("1", TENANT, "mine", "key-1") + order("2", TENANT, "theirs", "key-3");
    String url = api.url() + SamTemplate.read().routes().getFirst().path();
    String expected = "1,settled," + mine.output() + "\n2,refused,";
    assertEquals(new Result(0, expected, ""), reconcile(url, settled));

    TenantIds nobody = new TenantIds("nobody", "project", "instance");
    String open = order("3", nobody, "group", "key-4") + settled;
    Result result = reconcile(url, open);
    assertEquals(11, result.status(), result.errors());
    assertEquals("3,open,\n" + expected, result.output());
    assertTrue(result.errors().contains("APIG.1136"), result.errors());
  }

  /** Runs an example through a gateway that fails its first calls in these ways. */
  private static Ended call(Example example, List<? extends Fate> fates) throws Exception {
    try (FlakyGateway gateway = FlakyGateway.start(api.url(), fates)) {
      Result result = run(example, gateway.url(), TENANT, UUID.randomUUID().toString(), "order");
      return new Ended(result, gateway.calls());
    }
  }

  private static void assertEnded(int status, int calls, Ended ended) {
    assertEquals(status, ended.result().status(), ended::toString);
    assertEquals(status != 0, ended.result().output().isEmpty(), ended::toString);
    assertEquals(calls, ended.calls().size(), ended::toString);
  }

  private static Result reconcile(String url, String orders) throws Exception {
    Path list = Files.createTempFile("orders", ".csv");
    try {
      Files.writeString(
          list, "order,project_id,instance_id,domain_id,group_id,idempotency_key\n" + orders);
      return run(List.of("python3", "docs/examples/reconcile.py", url, list.toString()), Map.of());
    } finally {
      Files.delete(list);
    }
  }

  private static String order(String name, TenantIds tenant, String group, String key) {
    return String.join(
            ",", name, tenant.projectId(), tenant.instanceId(), tenant.domainId(), group, key)
        + "\n";
  }

  private static Set<String> keys(List<Call> calls) {
    return calls.stream().map(Call::idempotencyKey).collect(Collectors.toSet());
  }

  /**
   * Each pause is between half of its step and the whole step. Steps start at 500 ms and double.
   */
  private static void assertPausesGrow(List<Call> calls) {
    for (int i = 1; i < calls.size(); i++) {
      long pause = calls.get(i).nanoTime() - calls.get(i - 1).nanoTime();
      long least = TimeUnit.MILLISECONDS.toNanos(250L << (i - 1));
      assertTrue(pause >= least, "pause " + i + " took " + pause + " ns");
    }
  }

  private static Answer error(int status) {
    return new Answer(status, "{\"error_code\":\"APIG.0000\"}");
  }

  private static Result run(Example example, String url, TenantIds tenant, String group, String key)
      throws IOException, InterruptedException {
    String reserveUrl = LocalApi.reserveUrl(url, tenant);
    return run(example, Map.of(), reserveUrl, tenant.domainId(), group, key);
  }

  private static Result run(Example example, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(example.command());
    command.addAll(List.of(arguments));
    return run(command, environment);
  }

  /** Runs a program with only {@code PATH} from this process's environment. */
  private static Result run(List<String> command, Map<String, String> environment)
      throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().keySet().retainAll(Set.of("PATH"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      String output = text(process.getInputStream());
      String errors = text(process.getErrorStream());
      return new Result(process.waitFor(), output, errors);
    } finally {
      process.destroyForcibly();
    }
  }

  private static String jdk(String program) {
    return Path.of(System.getProperty("java.home"), "bin", program).toString();
  }

  private static String text(InputStream stream) throws IOException {
    return new String(stream.readAllBytes(), StandardCharsets.UTF_8).strip();
  }
}
