package dev.marketreserve.local;

import static java.nio.charset.StandardCharsets.UTF_16;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.marketreserve.OpenApi;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.http.ReserveContract;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.List;
import java.util.zip.DeflaterInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Tests the contract over HTTP, and that each response matches {@code openapi.yaml}. It starts the
 * local API, or with {@code -Dapi.url} calls an API that is already running. Then the tables have
 * the template's names, in the DynamoDB at {@code -Ddynamodb.url}: by default that of {@code mvn
 * -Plocal}.
 *
 * <p>Tests with the tag gateway check that the gateway behaves like API Gateway.
 */
class ApiContractIT extends ReserveContract {

  private static final TenantIds NOBODY = new TenantIds("nobody", "project", "instance");
  private static final OpenApi OPEN_API = new OpenApi();
  private static final BodyPublisher GROUP = BodyPublishers.ofString("{\"group_id\": \"group\"}");

  @AutoClose private static final HttpClient http = HttpClient.newHttpClient();
  private static @Nullable LocalApi local;
  @AutoClose private static Tables tables;
  private static String url;

  @BeforeAll
  static void start() throws IOException {
    url = System.getProperty("api.url", "");
    URI dynamoDb = URI.create(System.getProperty("dynamodb.url", "http://127.0.0.1:8000"));
    if (url.isEmpty()) {
      local = LocalApi.start(0, "127.0.0.1", 0, List.of());
      url = local.url();
      dynamoDb = local.dynamoDbUrl();
    }
    tables = Tables.open(dynamoDb, "");
  }

  @AfterAll
  static void stop() {
    if (local != null) {
      local.close();
    }
  }

  @Override
  protected Tables tables() {
    return tables;
  }

  @Override
  protected ReceivedResponse send(TenantIds tenant, @Nullable String idempotencyKey, String body) {
    HttpRequest.Builder request = request(tenant).POST(BodyPublishers.ofString(body));
    if (idempotencyKey != null) {
      request.header("Idempotency-Key", idempotencyKey);
    }
    return send(request);
  }

  @Test
  @Tag("gateway")
  void aRepeatedHeaderIsRefused() {
    for (String name : List.of("X-Domain-Id", "Idempotency-Key")) {
      HttpRequest.Builder request = request(NOBODY).header(name, "a").header(name, "b");
      assertEquals("400 APIG.2012", send(request.POST(GROUP)).summary());
    }
  }

  @Test
  @Tag("gateway")
  void aBodyIsReadAsUtf8() {
    String group = "{\"group_id\": \"group\"}";
    for (Charset charset : List.of(UTF_16, UTF_16BE, UTF_16LE)) {
      assertEquals("400 APIG.2000", send(body(group.getBytes(charset))).summary());
    }
    byte[] marked = ("\uFEFF" + group).getBytes(UTF_8);
    assertEquals("403 APIG.1136", send(body(marked)).summary());
  }

  @Test
  @Tag("gateway")
  void theContentTypeMakesNoDifference() {
    for (String type :
        List.of("text/plain", "application/xml", "image/png", "application/json;charset=utf-16")) {
      HttpRequest.Builder request = request(NOBODY).header("Content-Type", type).POST(GROUP);
      assertEquals("403 APIG.1136", send(request).summary());
    }
  }

  @Test
  @Tag("gateway")
  void aCompressedBodyIsDecompressed() throws IOException {
    byte[] group = "{\"group_id\": \"group\"}".getBytes(UTF_8);
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(gzip)) {
      out.write(group);
    }
    byte[] deflate = new DeflaterInputStream(new ByteArrayInputStream(group)).readAllBytes();
    assertEquals("403 APIG.1136", send(encoded("gzip", gzip.toByteArray())).summary());
    assertEquals("403 APIG.1136", send(encoded("deflate", deflate)).summary());
    assertEquals("403 APIG.1136", send(encoded("identity", group)).summary());
    assertEquals(415, send(encoded("gzip", group)).status());
    assertEquals(415, send(encoded("br", group)).status());
    assertEquals("400 APIG.2000", send(body(gzip.toByteArray())).summary());
  }

  @Test
  @Tag("gateway")
  void everyRequestHasItsOwnId() {
    HttpRequest.Builder request = request(NOBODY).POST(GROUP);
    assertNotEquals(
        send(request).headers().get("X-Request-Id"), send(request).headers().get("X-Request-Id"));
  }

  private static HttpRequest.Builder encoded(String encoding, byte[] body) {
    return body(body).header("Content-Encoding", encoding);
  }

  private static HttpRequest.Builder body(byte[] body) {
    return request(NOBODY).POST(BodyPublishers.ofByteArray(body));
  }

  private static HttpRequest.Builder request(TenantIds tenant) {
    return HttpRequest.newBuilder(URI.create(LocalApi.reserveUrl(url, tenant)))
        .header("X-Domain-Id", tenant.domainId());
  }

  private static ReceivedResponse send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> sent = http.send(request.build(), BodyHandlers.ofString());
      ReceivedResponse response = ReceivedResponse.of(sent, Duration.ZERO);
      assertEquals(
          List.of(), OPEN_API.violations(response.status(), response.headers(), sent.body()));
      return response;
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
