package dev.marketreserve.local;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.dynamodb.DynamoDbServer;
import dev.marketreserve.dynamodb.TenantIds;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * The local API over HTTP, in a process like the one that {@code mvn -Plocal} starts. Its options,
 * environment and locale are not the usual ones.
 */
@TestInstance(Lifecycle.PER_CLASS)
class LocalApiIT {

  private static final Map<String, String> ENVIRONMENT =
      Map.of(
          "HTTP_PROXY", "http://127.0.0.1:1",
          "HTTPS_PROXY", "http://127.0.0.1:1",
          "http_proxy", "http://127.0.0.1:1",
          "https_proxy", "http://127.0.0.1:1",
          "AWS_USE_FIPS_ENDPOINT", "true",
          "AWS_USE_DUALSTACK_ENDPOINT", "true",
          "AWS_CONFIG_FILE", "pom.xml", // not a valid profile
          "AWS_SHARED_CREDENTIALS_FILE", "pom.xml",
          "AWS_PROFILE", "missing",
          "JAVA_TOOL_OPTIONS", "-Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=1");

  private final HttpClient http = HttpClient.newHttpClient();
  private final LocalApiProcess api;
  private final String base;
  private final String path;

  LocalApiIT() throws IOException {
    List<String> command =
        LocalApiProcess.command(
            List.of("-Duser.language=ar", "-Duser.country=EG"),
            "0",
            "::1",
            "0",
            "other-domain:other-project:other-instance");
    this.api = LocalApiProcess.start(ENVIRONMENT, inShell("\"$@\"; exit", command));
    this.base = api.url();
    this.path = api.reservePath();
  }

  @AfterAll
  void itEndsWithTheProcessThatStartedItAndWithoutAnError() throws Exception {
    ProcessHandle server = api.process().children().findFirst().orElseThrow();
    try {
      api.process().toHandle().destroyForcibly();
      server.onExit().get(20, TimeUnit.SECONDS);
      String errors = errors(api.process());
      assertFalse(errors.contains("Exception"), errors);
    } finally {
      server.destroyForcibly();
    }
  }

  @Test
  void thePrintedCurlReservesAndThenConflicts() throws Exception {
    HttpResponse<String> first = post(api.body());
    assertEquals(201, first.statusCode());
    assertEquals(
        new JsonMapper().readTree(api.body()).get("group_id"), json(first).get("group_id"));
    assertAnswer(409, "APIG.3402", post(api.body()));
    String line = api.nextLine(); // in ASCII digits
    assertTrue(line.matches("[0-9:]{8}  [0-9]{3} .* +[0-9]+ ms  .*"), line);
  }

  @Test
  void anotherOwnerCanBeGivenOnTheCommandLine() throws Exception {
    String other = "/v1/other-project/apigw/instances/other-instance/market/api-groups/reserve";
    assertEquals(
        201, send(to(other).header("X-Domain-Id", "other-domain").POST(group())).statusCode());
  }

  @ParameterizedTest
  @ValueSource(strings = {"%20", "%0A", "%19", "%2F", "%2e%2e"})
  void theGatewayDoesNotDecodeThePath(String escape) throws Exception {
    String escaped = path.replace("instances/", "instances/" + escape);
    assertAnswer(400, "APIG.2012", send(post(escaped, group())));
  }

  @Test
  void theGatewayReturns404ForAnyOtherPath() throws Exception {
    assertAnswer(404, "APIG.0101", send(post("/", group())));
    assertAnswer(404, "APIG.0101", send(post(path + "/", group())));
    assertAnswer(404, "APIG.0101", send(to(path).GET()));
    assertAnswer(404, "APIG.0101", send(to(path).PUT(group())));
    assertAnswer(404, "APIG.0101", send(to("/docs/nothing").GET()));
    assertAnswer(404, "APIG.0101", send(to("/docs/../").GET()));
    assertAnswer(404, "APIG.0101", send(post("/docs/", group())));
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

  /** {@code test_page.py} sends the request on the page, in a browser. */
  @Test
  void thePageShowsTheLocalApiWithANewGroup() throws Exception {
    JsonNode contract = json(send(to("/docs/openapi.json").GET()));
    assertFalse(contract.toString().contains("amazon"), contract::toPrettyString);
    assertTrue(contract.findValues("security").isEmpty(), contract::toPrettyString);
    assertTrue(contract.findValues("securitySchemes").isEmpty(), contract::toPrettyString);
    assertEquals("/", contract.at("/servers/0/url").textValue());
    assertTrue(contract.toString().contains(api.domain()), contract::toPrettyString);
    assertNotEquals(contract, json(send(to("/docs/openapi.json").GET())));
  }

  @Test
  void theFunctionRefusesALargeBodyAndTheGatewayAHugeOne() throws Exception {
    assertAnswer(400, "APIG.2006", post("x".repeat(1 << 20)));
    HttpResponse<String> huge = post("x".repeat(11 << 20));
    assertEquals(413, huge.statusCode());
    assertEquals("{\"message\":\"Request Too Long\"}", huge.body());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "PO",
        "POST / HTTP/1.1\r\nHost: h\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{\"group_",
        "\u0000\r\n"
      })
  void aBrokenConnectionDoesNotStopTheServer(String sent) throws Exception {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(sent.getBytes(StandardCharsets.US_ASCII));
    }
    assertAnswer(404, "APIG.0101", send(post("/", group())));
  }

  /** Otherwise the caller would send its next request on a closed connection. */
  @ParameterizedTest
  @CsvSource({"/, 404, false", "/v1/p/apigw/instances/%00/market/api-groups/reserve, 400, true"})
  void anErrorSaysWhetherItsConnectionIsClosed(String target, String status, boolean closed)
      throws Exception {
    String head = "POST " + target + " HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n";
    try (Socket socket = connect()) {
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
        out.write((head + "x").getBytes(StandardCharsets.US_ASCII));
        assertTrue(in.lines().anyMatch(line -> line.endsWith(answer.getFirst())));
      }
    }
  }

  @Test
  void dynamoDbListensOnThePrintedPort() {
    assertTrue(api.dynamoDbUrl().toString().startsWith("http://[::1]:"), api::greeting);
    try (DynamoDbClient client =
        DynamoDbServer.pointTo(api.dynamoDbUrl(), DynamoDbClient.builder())
            .region(Region.EU_WEST_1)
            .build()) {
      for (String table : List.of("InstanceOwnersTable", "ReservationsTable")) {
        assertDoesNotThrow(() -> client.describeTable(describe -> describe.tableName(table)));
      }
    }
  }

  @Test
  void aFailedStartPrintsOneSentence(@TempDir Path full) throws Exception {
    List<String> command =
        LocalApiProcess.command(List.of("-Djava.io.tmpdir=" + full), "0", "127.0.0.1", "0");
    Process process = new ProcessBuilder(inShell("ulimit -f 1000; exec \"$@\"", command)).start();
    String errors = errors(process);
    assertEquals(1, process.waitFor());
    assertTrue(errors.startsWith("The local API cannot start: " + full), errors);
    assertEquals(1, errors.lines().count(), errors);
  }

  @ParameterizedTest
  @CsvSource({
    "no-such-host.invalid, there is no such host.",
    "192.0.2.1, Cannot assign requested address."
  })
  void theErrorNamesAHostThatIsNotThisMachine(String host, String reason) {
    assertFails(
        "port 0 on " + host + " cannot be opened: " + reason,
        () -> LocalApi.start(0, host, 0, List.of()));
  }

  @Test
  void theErrorNamesAPortInUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      String reason = "port " + port + " on 127.0.0.1 is in use.";
      assertFails(reason, () -> LocalApi.start(port, "127.0.0.1", 0, List.of()));
      assertFails(reason, () -> LocalApi.start(0, "127.0.0.1", port, List.of()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc", "-1", "65536"})
  void theErrorNamesAnInvalidPort(String port) {
    assertFails(port + " is not a port: it must be 0 to 65535.", () -> LocalApi.port(port));
  }

  @ParameterizedTest
  @ValueSource(strings = {"tenant", ":p:i"})
  void theErrorNamesAnInvalidTenant(String tenant) {
    assertFails(
        "a tenant is written domain:project:instance, not " + tenant,
        () -> TenantIds.parse(tenant));
  }

  private static void assertFails(String reason, Executable call) {
    assertEquals(reason, assertThrows(Exception.class, call).getMessage());
  }

  /** The command, run by a shell with this script. */
  private static List<String> inShell(String script, List<String> command) {
    List<String> all = new ArrayList<>(List.of("sh", "-c", script, "sh"));
    all.addAll(command);
    return all;
  }

  private static String errors(Process process) throws IOException {
    return new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), URI.create(base).getPort());
  }

  private HttpResponse<String> post(String json) throws Exception {
    return send(post(path, BodyPublishers.ofString(json)));
  }

  private HttpRequest.Builder post(String to, BodyPublisher content) {
    return to(to).header("X-Domain-Id", api.domain()).POST(content);
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
