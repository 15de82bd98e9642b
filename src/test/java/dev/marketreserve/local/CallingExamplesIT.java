package dev.marketreserve.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.Events;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.local.FlakyGateway.Answer;
import dev.marketreserve.local.FlakyGateway.Call;
import dev.marketreserve.local.FlakyGateway.Fate;
import dev.marketreserve.local.FlakyGateway.Fault;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Runs the examples of {@code docs/calling.md} as their readers do. */
@Execution(ExecutionMode.CONCURRENT)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CallingExamplesIT {

  /**
   * The libraries that {@code mvn package} copies for Lambda; the AWS SDK's signer is among them.
   */
  private static final String LIBRARIES = "target/function/lib/*";

  private static final String CLASSES = "target/examples";
  private static final String CLASS_PATH = CLASSES + File.pathSeparator + LIBRARIES;

  enum Example {
    CURL,
    JAVA,
    PYTHON;

    /** The program and its first arguments. */
    List<String> command() {
      return switch (this) {
        case CURL -> List.of("bash", "docs/examples/reserve.sh");
        case JAVA -> List.of(jdk("java"), "-XX:TieredStopAtLevel=1", "-cp", CLASS_PATH, "Reserve");
        case PYTHON -> List.of("python3", "docs/examples/reserve.py");
      };
    }
  }

  private record Result(int status, String output, String errors) {}

  private static final TenantIds TENANT = Events.tenant();
  private static final TenantIds OTHER_TENANT =
      new TenantIds("other-domain", "project", "other-instance");

  private static final Answer SYSTEM_ERROR =
      new Answer(500, "{\"error_code\":\"APIG.9999\",\"error_msg\":\"System error.\"}");
  private static final Answer THROTTLED = new Answer(429, "{}");
  private static final Answer REFUSAL =
      new Answer(409, "{\"error_code\":\"APIG.3402\",\"error_msg\":\"m\",\"request_id\":\"r\"}");

  /** The region makes an example sign, but it finds no credentials. */
  private static final Map<String, String> NO_CREDENTIALS =
      Map.of(
          "AWS_REGION", "eu-central-1",
          "HOME", "/nonexistent",
          "AWS_EC2_METADATA_DISABLED", "true");

  private static LocalApi api;

  /** Compiles the Java example only once, because that takes longer than a call. */
  @BeforeAll
  static void start() throws Exception {
    String options = "--release 17 -Xlint:all -Werror -d " + CLASSES + " -classpath " + LIBRARIES;
    List<String> command = new ArrayList<>(List.of(jdk("javac")));
    command.addAll(List.of(options.split(" ")));
    Result compiled = run(command, Map.of(), "docs/examples/Reserve.java");
    assertEquals(0, compiled.status(), compiled.errors());
    api = LocalApi.start(0, "127.0.0.1", 0, List.of(TENANT, OTHER_TENANT));
    run(Example.CURL, api.url(), TENANT, "warm-up", "key");
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @ParameterizedTest
  @EnumSource
  void theHolderGetsItsPurchaseIdAgainAndAnotherTenantIsRefused(Example example) throws Exception {
    String group = UUID.randomUUID().toString();
    Result first = run(example, api.url(), TENANT, group, "order-1");
    assertEquals(0, first.status(), first.errors());
    UUID.fromString(first.output());
    assertEquals(first.output(), run(example, api.url(), TENANT, group, "another-order").output());
    Result other = run(example, api.url(), OTHER_TENANT, group, "order-1");
    assertEquals(10, other.status(), other.errors());
    assertEquals("", other.output());
    assertTrue(other.errors().contains("APIG.3402"), other.errors());
  }

  @ParameterizedTest
  @EnumSource
  void aFailedOrThrottledCallIsRetried(Example example) throws Exception {
    assertEnds(0, example, SYSTEM_ERROR, Fault.LOST_ANSWER, page(504), THROTTLED);
  }

  /** A proxy sends such pages, not the API. */
  @Order(1) // The longest test starts first; the others run in parallel.
  @ParameterizedTest
  @EnumSource
  void aCallWithoutAResponseFromTheApiIsRetried(Example example) throws Exception {
    assertEnds(0, example, Fault.SILENCE, page(409), page(200), page(302));
  }

  @ParameterizedTest
  @EnumSource
  void aRefusedCallIsNotRetriedAndAThrottledOneWroteNothing(Example example) throws Exception {
    assertEnds(12, example, error(400));
    assertEnds(12, example, THROTTLED, error(403));
  }

  @ParameterizedTest
  @EnumSource
  void a409SettlesTheOrderWhateverCameBefore(Example example) throws Exception {
    assertEnds(10, example, SYSTEM_ERROR, REFUSAL);
  }

  /** The group is reserved in the first two cases, and may be in the others. */
  @ParameterizedTest
  @EnumSource
  void afterAnUnknownOutcomeNoOther4xxSettlesTheOrder(Example example) throws Exception {
    assertEnds(11, example, Fault.LOST_ANSWER, error(403));
    assertEnds(11, example, Fault.CUT_ANSWER, error(400));
    assertEnds(11, example, page(504), error(404));
    assertEnds(11, example, page(408), error(413));
    assertEnds(11, example, page(201), page(403));
  }

  @ParameterizedTest
  @EnumSource
  void anExampleGivesUpAfterFiveCallsWithExitStatus11(Example example) throws Exception {
    assertEnds(11, example, SYSTEM_ERROR, SYSTEM_ERROR, SYSTEM_ERROR, SYSTEM_ERROR, SYSTEM_ERROR);
  }

  /** A call that is sent to this port would end with another status. */
  @ParameterizedTest
  @EnumSource
  void aCallWithMissingArgumentsOrCredentialsIsNotSent(Example example) throws Exception {
    String url = "http://127.0.0.1:1/";
    for (Result result :
        List.of(
            run(example.command(), Map.of(), url, "domain", "group"),
            run(example.command(), Map.of(), "localhost", "domain", "group", "key"),
            run(example.command(), NO_CREDENTIALS, url, "domain", "group", "key"))) {
      assertEquals(12, result.status(), result.errors());
      assertEquals("", result.output());
      assertEquals(1, result.errors().lines().count(), result.errors());
    }
  }

  @Test
  void reconcilingReportsWhichOrdersAreSettled(@TempDir Path directory) throws Exception {
    Result mine = run(Example.CURL, api.url(), TENANT, "mine", "key-1");
    run(Example.CURL, api.url(), OTHER_TENANT, "theirs", "key-2");
    Path orders =
        Files.writeString(
            directory.resolve("orders.csv"),
            "order,project_id,instance_id,domain_id,group_id,idempotency_key\n"
                + order("1", TENANT, "mine", "key-1")
                + order("2", TENANT, "theirs", "key-3"));
    String settled = "1,settled," + mine.output() + "\n2,refused,";
    assertEquals(new Result(0, settled, ""), reconcile(orders));

    TenantIds nobody = new TenantIds("nobody", "project", "instance");
    Files.writeString(orders, order("3", nobody, "group", "key-4"), StandardOpenOption.APPEND);
    Result result = reconcile(orders);
    assertEquals(11, result.status(), result.errors());
    assertEquals(settled + "\n3,open,", result.output());
    assertTrue(result.errors().contains("APIG.1136"), result.errors());
  }

  /**
   * Runs an example through a gateway that fails its first calls in these ways. The example ends
   * with this status and makes no further call, except a last one that succeeds if the status is 0.
   */
  private static void assertEnds(int status, Example example, Fate... fates) throws Exception {
    String group = UUID.randomUUID().toString();
    try (FlakyGateway gateway = FlakyGateway.start(api.url(), List.of(fates))) {
      Result result = run(example, gateway.url(), TENANT, group, "order");
      assertEquals(status, result.status(), result::toString);
      assertEquals(
          status == 0 ? api.tables().reservation(group).get("purchase_id") : "", result.output());
      if (status != 0 && fates[fates.length - 1] instanceof Answer last) {
        assertTrue(result.errors().contains(last.body()), result.errors());
      }
      List<Call> calls = gateway.calls();
      assertEquals(status == 0 ? fates.length + 1 : fates.length, calls.size(), calls::toString);
      assertEquals(1, calls.stream().map(Call::body).distinct().count());
      assertEquals(
          Set.of("order"), calls.stream().map(Call::idempotencyKey).collect(Collectors.toSet()));
      long least = TimeUnit.MILLISECONDS.toNanos(250); // half of the first pause, which doubles
      for (int i = 1; i < calls.size(); i++) {
        long pause = calls.get(i).nanoTime() - calls.get(i - 1).nanoTime();
        assertTrue(pause >= least, "pause " + i + " took " + pause + " ns");
        least *= 2;
      }
    }
  }

  private static Answer error(int status) {
    return new Answer(status, "{\"error_code\":\"APIG.0000\"}");
  }

  private static Answer page(int status) {
    return new Answer(status, "<html><h1>Gateway Timeout</h1></html>");
  }

  private static String order(String name, TenantIds tenant, String group, String key) {
    return String.join(
            ",", name, tenant.projectId(), tenant.instanceId(), tenant.domainId(), group, key)
        + "\n";
  }

  private static Result reconcile(Path orders) throws Exception {
    String url = api.url() + SamTemplate.read().routes().getFirst().path();
    return run(List.of("python3", "docs/examples/reconcile.py"), Map.of(), url, orders.toString());
  }

  private static Result run(Example example, String url, TenantIds tenant, String group, String key)
      throws Exception {
    String reserveUrl = LocalApi.reserveUrl(url, tenant);
    return run(example.command(), Map.of(), reserveUrl, tenant.domainId(), group, key);
  }

  /** Runs a program with only {@code PATH} from this process's environment. */
  private static Result run(
      List<String> command, Map<String, String> environment, String... arguments) throws Exception {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(all);
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
