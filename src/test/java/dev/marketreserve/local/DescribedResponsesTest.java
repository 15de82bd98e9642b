package dev.marketreserve.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.Events;
import dev.marketreserve.OpenApi;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.dynamodb.TenantIds;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The function's responses over HTTP match {@code openapi.yaml}. */
class DescribedResponsesTest {

  private static final String GROUP = "{\"group_id\":\"%s\"}";
  private static final TenantIds OWNER = Events.tenant();
  private static final String URL_PATH = LocalApi.reserveUrl("", OWNER);

  @AutoClose private static LocalApi api;

  private final OpenApi openApi = new OpenApi();

  @BeforeAll
  static void start() throws IOException {
    api = LocalApi.start(0, "127.0.0.1", 0, List.of(OWNER));
  }

  @Test
  void a201AndItsReplayMatchTheDescription() throws Exception {
    expect(201, URL_PATH, GROUP.formatted("replayed"), "order-1");
    HttpResponse<String> replay = expect(201, URL_PATH, GROUP.formatted("replayed"), "order-1");
    assertEquals(Optional.of("true"), replay.headers().firstValue("Idempotent-Replayed"));
  }

  @Test
  void a400MatchesTheDescription() throws Exception {
    expect(400, URL_PATH, "{}", "order-2");
  }

  @Test
  void a403MatchesTheDescription() throws Exception {
    String foreign =
        LocalApi.reserveUrl("", new TenantIds("", OWNER.projectId(), "somebody-elses"));
    expect(403, foreign, GROUP.formatted("g"), "order-3");
  }

  @Test
  void a409MatchesTheDescription() throws Exception {
    expect(201, URL_PATH, GROUP.formatted("taken"), "order-5");
    expect(409, URL_PATH, GROUP.formatted("taken"), "order-6");
  }

  @Test
  void theVerificationScriptPasses() throws Exception {
    Process script =
        new ProcessBuilder(
                "src/tools/shell/verify-deployment",
                "--unsigned",
                "--owner",
                String.join(":", OWNER.domainId(), OWNER.projectId(), OWNER.instanceId()),
                "--group",
                "verified",
                api.url() + SamTemplate.read().routes().getFirst().path())
            .redirectErrorStream(true)
            .start();
    String output = new String(script.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, script.waitFor(), output);
    assertTrue(output.endsWith("The contract holds.\n"), output);
  }

  private HttpResponse<String> expect(int status, String path, String body, String idempotencyKey)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(api.url() + path))
            .header("X-Domain-Id", OWNER.domainId())
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", idempotencyKey)
            .POST(BodyPublishers.ofString(body))
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> response = client.send(request, BodyHandlers.ofString());
      Map<String, String> caseless = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      response.headers().map().forEach((name, values) -> caseless.put(name, values.getFirst()));
      assertEquals(status, response.statusCode(), response.body());
      assertEquals(List.of(), openApi.violations(status, caseless, response.body()));
      return response;
    }
  }
}
