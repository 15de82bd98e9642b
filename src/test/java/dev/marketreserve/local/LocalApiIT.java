package dev.marketreserve.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** The local API over HTTP, in a process like the one that {@code mvn -Plocal} starts. */
@TestInstance(Lifecycle.PER_CLASS)
class LocalApiIT {

  private final HttpClient http = HttpClient.newHttpClient();
  private final LocalApiProcess api;
  private final String base;
  private final String path;
  private final String domain;
  private final String body;

  LocalApiIT() throws IOException {
    this.api =
        LocalApiProcess.start(
            LocalApiProcess.command(
                List.of(), "0", "127.0.0.1", "0", "other-domain:other-project:other-instance"));
    this.base = api.url();
    this.path = api.reservePath();
    this.domain = api.domain();
    this.body = api.body();
  }

  @AfterAll
  void stop() {
    api.close();
  }

  @Test
  void thePrintedCurlReservesAndThenConflicts() throws Exception {
    HttpResponse<String> first = post(body);
    assertEquals(201, first.statusCode());
    JsonNode created = json(first);
    assertEquals(new JsonMapper().readTree(body).get("group_id"), created.get("group_id"));
    assertEquals(2, created.size());
    assertEquals("application/json", first.headers().firstValue("Content-Type").orElseThrow());
    assertAnswer(409, "APIG.3402", post(body));
    assertAnswer(
        409, "APIG.3402", post(body.toUpperCase(Locale.ROOT).replace("GROUP_ID", "group_id")));
  }

  @Test
  void everyErrorOfTheContractIsReturnedOverHttp() throws Exception {
    assertAnswer(403, "APIG.1136", send(post(path, group()).setHeader("X-Domain-Id", "foreign")));
    assertAnswer(400, "APIG.2001", send(to(path).POST(group())));
    assertAnswer(400, "APIG.2012", post("{\"group_id\": 7}"));
    assertAnswer(400, "APIG.2012", send(post(path, group()).header("X-Domain-Id", "second")));
    assertAnswer(
        400, "APIG.2012", send(post(path.replace("instances/", "instances/%20"), group())));
    for (String escape : List.of("%0A", "%19", "%2F", "%2e%2e")) {
      assertAnswer(
          400, "APIG.2012", send(post(path.replace("instances/", "instances/" + escape), group())));
    }
    assertAnswer(
        400, "APIG.0602", send(post(path.replace("instances/", "instances/%00"), group())));
    assertAnswer(400, "APIG.2001", send(post(path, BodyPublishers.noBody())));
    assertAnswer(400, "APIG.2000", send(post(path, BodyPublishers.ofByteArray(new byte[] {-1}))));
  }

  @Test
  void aRetryWithItsKeyReturnsTheSamePurchaseId() throws Exception {
    BodyPublisher group = group();
    HttpResponse<String> first = send(post(path, group).header("Idempotency-Key", "key"));
    HttpResponse<String> retry = send(post(path, group).header("idempotency-key", "key"));
    assertEquals(201, retry.statusCode());
    assertEquals(first.body(), retry.body());
    assertEquals("true", retry.headers().firstValue("Idempotent-Replayed").orElseThrow());
  }

  @Test
  void anotherOwnerCanBeGivenOnTheCommandLine() throws Exception {
    String other = "/v1/other-project/apigw/instances/other-instance/market/api-groups/reserve";
    assertEquals(
        201, send(to(other).header("X-Domain-Id", "other-domain").POST(group())).statusCode());
  }

  @Test
  void theGatewayReturns404ForAnyOtherPath() throws Exception {
    assertAnswer(404, "APIG.0101", send(post("/", group())));
    assertAnswer(404, "APIG.0101", send(post(path + "/", group())));
    assertAnswer(404, "APIG.0101", send(to(path).GET()));
    assertAnswer(404, "APIG.0101", send(to(path).PUT(group())));
  }

  @Test
  void theRootRedirectsToThePage() throws Exception {
    for (String from : List.of("/", "/docs")) {
      HttpResponse<String> response = send(to(from).GET());
      assertEquals(302, response.statusCode());
      assertEquals("/docs/", response.headers().firstValue("Location").orElseThrow());
    }
    assertTrue(api.greeting().contains(base + "/docs "), api::greeting);
  }

  @ParameterizedTest
  @CsvSource({
    "/docs/, text/html",
    "/docs/swagger-ui.css, text/css",
    "/docs/swagger-ui-bundle.js, text/javascript",
    "/docs/swagger-initializer.js, text/javascript",
    "/docs/openapi.json, application/json",
    "/docs/favicon-32x32.png, image/png"
  })
  void aPageFileHasItsContentType(String file, String type) throws Exception {
    HttpResponse<String> response = send(to(file).GET());
    assertEquals(200, response.statusCode());
    assertEquals(type, response.headers().firstValue("Content-Type").orElseThrow());
  }

  @Test
  void theGatewayReturns404ForAnUnknownFile() throws Exception {
    assertAnswer(404, "APIG.0101", send(to("/docs/nothing").GET()));
    assertAnswer(404, "APIG.0101", send(to("/docs/../").GET()));
    assertAnswer(404, "APIG.0101", send(post("/docs/", group())));
  }

  @Test
  void theExampleOnThePageReservesANewGroup() throws Exception {
    JsonNode contract = json(send(to("/docs/openapi.json").GET()));
    assertFalse(contract.toString().contains("amazon"), contract::toPrettyString);
    assertTrue(contract.findValues("security").isEmpty(), contract::toPrettyString);
    assertTrue(contract.findValues("securitySchemes").isEmpty(), contract::toPrettyString);
    assertEquals("/", contract.at("/servers/0/url").textValue());
    Map.Entry<String, JsonNode> operation = contract.get("paths").properties().iterator().next();
    String url = operation.getKey();
    HttpRequest.Builder request = HttpRequest.newBuilder();
    for (JsonNode parameter : operation.getValue().at("/post/parameters")) {
      String name = parameter.get("name").textValue();
      if (parameter.get("required").booleanValue()) {
        String value = parameter.get("example").textValue();
        url = url.replace("{" + name + "}", value);
        if (parameter.get("in").textValue().equals("header")) {
          request.header(name, value);
        }
      }
    }
    String example = "/post/requestBody/content/application~1json/examples/request/value";
    BodyPublisher group = BodyPublishers.ofString(operation.getValue().at(example).toString());
    request.uri(URI.create(base + url)).POST(group);
    assertEquals(201, send(request).statusCode());
    assertAnswer(409, "APIG.3402", send(request));
    assertNotEquals(contract, json(send(to("/docs/openapi.json").GET())));
  }

  @Test
  void theFunctionRefusesALargeBodyAndTheGatewayAHugeOne() throws Exception {
    assertAnswer(400, "APIG.2006", post("x".repeat(1 << 20)));
    HttpResponse<String> huge = post("x".repeat(11 << 20));
    assertEquals(413, huge.statusCode());
    assertEquals("{\"message\":\"Request Too Long\"}", huge.body());
  }

  @Test
  void aBrokenConnectionDoesNotStopTheServer() throws Exception {
    URI uri = URI.create(base);
    for (String part :
        List.of("", "PO", "POST " + path + " HTTP/1.1\r\nHost: h\r\n", "\u0000\r\n")) {
      try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
        socket.getOutputStream().write(part.getBytes(StandardCharsets.US_ASCII));
      }
    }
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      String head =
          "POST %s HTTP/1.1\r\nHost: h\r\nX-Domain-Id: %s\r\nContent-Length: 100\r\n\r\n{\"group_"
              .formatted(path, domain);
      OutputStream out = socket.getOutputStream();
      out.write(head.getBytes(StandardCharsets.US_ASCII));
      out.flush();
    }
    assertEquals(201, send(post(path, group())).statusCode());
  }

  /** Otherwise the caller would send its next request on a closed connection. */
  @ParameterizedTest
  @CsvSource({"/, 404, false", "/v1/p/apigw/instances/%00/market/api-groups/reserve, 400, true"})
  void anErrorSaysIfItsConnectionIsClosed(String target, String status, boolean closed)
      throws Exception {
    String head = "POST " + target + " HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n";
    URI uri = URI.create(base);
    try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
      OutputStream out = socket.getOutputStream();
      out.write(head.getBytes(StandardCharsets.US_ASCII));
      out.flush();
      Thread.sleep(200); // The body comes in its own packet, as the JDK's client sends it.
      out.write("x".getBytes(StandardCharsets.US_ASCII));
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
      List<String> answer = in.lines().takeWhile(line -> !line.isEmpty()).toList();
      assertEquals("HTTP/1.1 " + status, answer.getFirst().substring(0, 12));
      assertEquals(closed, answer.contains("Connection: close"), answer::toString);
      if (!closed) {
        out.write(head.getBytes(StandardCharsets.US_ASCII));
        out.write("x".getBytes(StandardCharsets.US_ASCII));
        assertTrue(in.lines().anyMatch(line -> line.endsWith(answer.getFirst())));
      }
    }
  }

  @Test
  void dynamoDbListensOnThePrintedPort() {
    try (DynamoDbClient client =
        DynamoDbClient.builder()
            .endpointOverride(api.dynamoDbUrl())
            .region(Region.EU_WEST_1)
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "any")))
            .build()) {
      assertEquals(
          List.of("InstanceOwnersTable", "ReservationsTable"), client.listTables().tableNames());
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void environmentProfileAndLocaleHaveNoEffect(@TempDir Path home) throws Exception {
    Path config = Files.writeString(home.resolve("config"), "[broken");
    Map<String, String> environment =
        Map.of(
            "HTTP_PROXY", "http://127.0.0.1:1",
            "HTTPS_PROXY", "http://127.0.0.1:1",
            "http_proxy", "http://127.0.0.1:1",
            "https_proxy", "http://127.0.0.1:1",
            "AWS_USE_FIPS_ENDPOINT", "true",
            "AWS_USE_DUALSTACK_ENDPOINT", "true",
            "AWS_CONFIG_FILE", config.toString(),
            "AWS_SHARED_CREDENTIALS_FILE", config.toString(),
            "AWS_PROFILE", "missing",
            "JAVA_TOOL_OPTIONS", "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=1");
    try (LocalApiProcess second =
        LocalApiProcess.start(environment, "-Duser.language=ar", "-Duser.country=EG")) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(second.url() + second.reservePath()))
              .header("X-Domain-Id", second.domain())
              .POST(BodyPublishers.ofString(second.body()));
      assertEquals(201, send(request).statusCode());
      String line = second.nextLine();
      assertTrue(line.matches("[0-9:]{8}  201 +[0-9]+ ms .*"), line);
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void dynamoDbListensOnAnIpv6AddressToo() throws Exception {
    try (LocalApiProcess second =
        LocalApiProcess.start(LocalApiProcess.command(List.of(), "0", "::1", "0"))) {
      assertTrue(second.greeting().contains("DynamoDB on http://[::1]:"), second.greeting());
    }
  }

  @Execution(ExecutionMode.CONCURRENT)
  @ParameterizedTest
  @CsvSource({
    "'0 no-such-host.invalid 0', port 0 of no-such-host.invalid cannot be opened: there is no such host.",
    "'0 192.0.2.1 0', port 0 of 192.0.2.1 cannot be opened: Cannot assign requested address.",
    "'abc 127.0.0.1 0', abc is not a port: it must be 0 to 65535.",
    "'0 127.0.0.1 65536', 65536 is not a port: it must be 0 to 65535.",
    "'0 127.0.0.1 0 tenant', 'a tenant is written domain:project:instance, not tenant'",
    "'0 127.0.0.1 0 :p:i', 'a tenant is written domain:project:instance, not :p:i'"
  })
  void aFailedStartPrintsOneSentence(String arguments, String reason) throws Exception {
    String errors = errorsOf(LocalApiProcess.command(List.of(), arguments.split(" ")));
    assertEquals("The local API cannot start: " + reason + "\n", errors);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void anUnusableTemporaryDirectoryIsNamed(@TempDir Path directory) throws Exception {
    Path file = Files.createFile(directory.resolve("file"));
    String errors =
        errorsOf(
            LocalApiProcess.command(List.of("-Djava.io.tmpdir=" + file), "0", "127.0.0.1", "0"));
    // The JVM itself warns first.
    assertTrue(errors.contains("\nThe local API cannot start: " + file), errors);
    assertEquals(2, errors.lines().count(), errors);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void aFullTemporaryDirectoryIsNamedInOneSentence(@TempDir Path directory) throws Exception {
    List<String> limited =
        new ArrayList<>(List.of("sh", "-c", "ulimit -f 1000; exec \"$@\"", "sh"));
    limited.addAll(
        LocalApiProcess.command(List.of("-Djava.io.tmpdir=" + directory), "0", "127.0.0.1", "0"));
    String errors = errorsOf(limited);
    assertTrue(errors.startsWith("The local API cannot start: " + directory), errors);
    assertEquals(1, errors.lines().count(), errors);
  }

  /** What a program prints as errors before it ends with status 1. */
  private static String errorsOf(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).start();
    String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(60, TimeUnit.SECONDS));
    assertEquals(1, process.exitValue(), errors);
    return errors;
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void aTakenPortIsReportedInOneSentence() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = String.valueOf(taken.getLocalPort());
      for (Process second : List.of(start(port, "127.0.0.1", "0"), start("0", "127.0.0.1", port))) {
        String errors = new String(second.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(1, second.waitFor());
        assertEquals(
            "The local API cannot start: port " + port + " of 127.0.0.1 is taken.\n", errors);
      }
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void anInterruptEndsItWithoutAnError() throws Exception {
    LocalApiProcess second = LocalApiProcess.start();
    second.close();
    byte[] errors = second.process().getErrorStream().readAllBytes();
    String text = new String(errors, StandardCharsets.UTF_8);
    assertFalse(text.contains("Exception"), text);
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void itEndsWithTheProcessThatStartedIt() throws Exception {
    List<String> shell = new ArrayList<>(List.of("sh", "-c", "\"$@\"; exit", "sh"));
    shell.addAll(LocalApiProcess.command(List.of(), "0", "127.0.0.1", "0"));
    LocalApiProcess second = LocalApiProcess.start(shell);
    ProcessHandle server = second.process().children().findFirst().orElseThrow();
    try {
      second.process().toHandle().destroyForcibly();
      server.onExit().get(20, TimeUnit.SECONDS);
      assertThrows(
          ConnectException.class,
          () -> new Socket(InetAddress.getLoopbackAddress(), URI.create(second.url()).getPort()));
    } finally {
      server.destroyForcibly();
    }
  }

  private static Process start(String... arguments) throws IOException {
    return new ProcessBuilder(LocalApiProcess.command(List.of(), arguments)).start();
  }

  private HttpResponse<String> post(String json) throws Exception {
    return send(post(path, BodyPublishers.ofString(json)));
  }

  private HttpRequest.Builder post(String to, BodyPublisher content) {
    return to(to).header("X-Domain-Id", domain).POST(content);
  }

  private HttpRequest.Builder to(String to) {
    return HttpRequest.newBuilder(URI.create(base + to));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private static BodyPublisher group() {
    return BodyPublishers.ofString("{\"group_id\": \"" + UUID.randomUUID() + "\"}");
  }

  private static JsonNode json(HttpResponse<String> response) throws IOException {
    return new JsonMapper().readTree(response.body());
  }

  private static void assertAnswer(int status, String code, HttpResponse<String> response)
      throws IOException {
    assertEquals(status, response.statusCode(), response.body());
    assertEquals(code, json(response).get("error_code").textValue());
    assertEquals(
        response.headers().firstValue("X-Request-Id").orElseThrow(),
        json(response).get("request_id").textValue());
  }
}
