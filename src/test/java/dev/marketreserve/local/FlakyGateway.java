package dev.marketreserve.local;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Executors;

/** A gateway in front of an API. It fails the first calls in given ways and forwards the rest. */
final class FlakyGateway implements AutoCloseable {

  /** What happens to one call. */
  sealed interface Fate {}

  /** The gateway responds itself. */
  record Answer(int status, String body) implements Fate {}

  enum Fault implements Fate {
    /** The API gets the call, and its response is lost. */
    LOST_ANSWER,
    /** The API gets the call, and half of its response is lost. */
    CUT_ANSWER,
    /** The caller gets no response until it gives up or a minute has passed. */
    SILENCE,
    /** The API gets the call, and the caller its response. */
    NONE
  }

  /**
   * A call that arrived.
   *
   * @param idempotencyKey the header of that name
   * @param nanoTime when it arrived, by {@link System#nanoTime()}
   */
  record Call(String idempotencyKey, String body, long nanoTime) {}

  private final HttpServer server;
  private final HttpClient api = HttpClient.newHttpClient();
  private final String apiUrl;
  private final Iterator<Fate> fates;
  private final List<Call> calls = Collections.synchronizedList(new ArrayList<>());

  private FlakyGateway(HttpServer server, String apiUrl, Iterator<Fate> fates) {
    this.server = server;
    this.apiUrl = apiUrl;
    this.fates = fates;
  }

  /** Starts a gateway in front of the API at {@code apiUrl}; the first calls get {@code fates}. */
  static FlakyGateway start(String apiUrl, List<Fate> fates) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    FlakyGateway gateway = new FlakyGateway(server, apiUrl, fates.iterator());
    server.createContext("/", gateway::handle);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    return gateway;
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** The calls so far, in the order of their arrival. */
  List<Call> calls() {
    return List.copyOf(calls);
  }

  @Override
  public void close() {
    server.stop(0);
    api.close();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String key = exchange.getRequestHeaders().getFirst("Idempotency-Key");
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      calls.add(new Call(key, body, System.nanoTime()));
      switch (fates.hasNext() ? fates.next() : Fault.NONE) {
        case Answer(int status, String answer) -> answer(exchange, status, answer, answer.length());
        case Fault.LOST_ANSWER -> forward(exchange, body);
        case Fault.CUT_ANSWER -> {
          String answer = forward(exchange, body).body();
          answer(exchange, 201, answer, answer.length() / 2);
        }
        case Fault.SILENCE -> Thread.sleep(Duration.ofMinutes(1));
        case Fault.NONE -> {
          HttpResponse<String> response = forward(exchange, body);
          answer(exchange, response.statusCode(), response.body(), response.body().length());
        }
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private HttpResponse<String> forward(HttpExchange exchange, String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(apiUrl + exchange.getRequestURI()))
            .POST(BodyPublishers.ofString(body));
    for (String name : List.of("Content-Type", "X-Domain-Id", "Idempotency-Key")) {
      request.header(name, exchange.getRequestHeaders().getFirst(name));
    }
    return api.send(request.build(), BodyHandlers.ofString());
  }

  /** Sends a response in ASCII, with only the first {@code sent} bytes of its body. */
  private static void answer(HttpExchange exchange, int status, String body, int sent)
      throws IOException {
    exchange.sendResponseHeaders(status, body.length());
    exchange.getResponseBody().write(body.getBytes(StandardCharsets.US_ASCII), 0, sent);
    exchange.getResponseBody().flush();
  }
}
