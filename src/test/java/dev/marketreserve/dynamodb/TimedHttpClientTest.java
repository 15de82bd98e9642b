package dev.marketreserve.dynamodb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpFullRequest;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;

class TimedHttpClientTest {

  private static final Duration LONG = Duration.ofHours(1);

  private final ServerSocket server;

  TimedHttpClientTest() throws IOException {
    this.server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  @Test
  void aResponseWithoutALengthIsReadToItsEnd() throws IOException {
    answer("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it");
    HttpExecuteResponse response = attempt(LONG);
    assertEquals(
        "all of it",
        new String(response.responseBody().orElseThrow().readAllBytes(), StandardCharsets.UTF_8));
  }

  @Test
  void aResponseThatBreaksOffIsNoResponse() {
    answer("HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nhalf");
    IOException e = assertThrows(IOException.class, () -> attempt(LONG));
    assertEquals("Premature EOF", e.getMessage());
  }

  @Test
  void anAttemptThatWaitsForAnAnswerEndsWithItsTime() {
    SocketTimeoutException e =
        assertThrows(SocketTimeoutException.class, () -> attempt(Duration.ofMillis(50)));
    assertEquals("The time of the attempt is over", e.getMessage());
    assertInstanceOf(IOException.class, e.getCause());
  }

  @Test
  void itClosesTheClientThatItIsBuiltAround() {
    AtomicBoolean closed = new AtomicBoolean();
    SdkHttpClient inner =
        new SdkHttpClient() {
          @Override
          public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
            throw new UnsupportedOperationException();
          }

          @Override
          public void close() {
            closed.set(true);
          }
        };
    new TimedHttpClient(inner, () -> LONG).close();
    assertTrue(closed.get());
  }

  @Test
  void theUserAgentNamesTheClientThatItIsBuiltAround() {
    try (TimedHttpClient client =
        new TimedHttpClient(UrlConnectionHttpClient.create(), () -> LONG)) {
      assertEquals("UrlConnection", client.clientName());
    }
  }

  private HttpExecuteResponse attempt(Duration time) throws IOException {
    SdkHttpFullRequest request =
        SdkHttpFullRequest.builder()
            .method(SdkHttpMethod.GET)
            .uri(URI.create("http://127.0.0.1:" + server.getLocalPort()))
            .build();
    try (TimedHttpClient client =
        new TimedHttpClient(
            UrlConnectionHttpClient.builder().socketTimeout(LONG).build(), () -> time)) {
      return client.prepareRequest(HttpExecuteRequest.builder().request(request).build()).call();
    }
  }

  private void answer(String response) {
    Thread.ofVirtual()
        .start(
            () -> {
              try (Socket connection = server.accept()) {
                connection.getOutputStream().write(response.getBytes(StandardCharsets.UTF_8));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }
}
