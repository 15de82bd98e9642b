package dev.marketreserve.runtime;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A way to DynamoDB on which answers can get lost: what was asked for happens, and the one who
 * asked waits in vain.
 */
final class DynamoDbProxy implements AutoCloseable {

  private final URI dynamoDb;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, Runnable> losses = new ConcurrentHashMap<>();

  private DynamoDbProxy(URI dynamoDb, HttpServer server) {
    this.dynamoDb = dynamoDb;
    this.server = server;
    server.setExecutor(threads);
    server.createContext("/", this::forward);
  }

  static DynamoDbProxy start(URI dynamoDb) {
    try {
      InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      DynamoDbProxy proxy = new DynamoDbProxy(dynamoDb, HttpServer.create(anyPort, 0));
      proxy.server.start();
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /**
   * Loses the answers to an operation from now on.
   *
   * @param operation as in {@code PutItem}
   * @param onLoss what else happens at that moment
   */
  void loseAnswersTo(String operation, Runnable onLoss) {
    losses.put(operation, onLoss);
  }

  /** Loses no answer from now on. */
  void heal() {
    losses.clear();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    client.close();
  }

  private void forward(HttpExchange exchange) throws IOException {
    String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
    HttpResponse<byte[]> response = send(exchange, target);
    Runnable loss = losses.get(target.substring(target.indexOf('.') + 1));
    if (loss != null) {
      loss.run();
      return;
    }
    try (exchange) {
      exchange.getResponseHeaders().set("Content-Type", "application/x-amz-json-1.0");
      exchange.sendResponseHeaders(response.statusCode(), response.body().length);
      exchange.getResponseBody().write(response.body());
    }
  }

  private HttpResponse<byte[]> send(HttpExchange exchange, String target) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(dynamoDb)
            .header("Authorization", exchange.getRequestHeaders().getFirst("Authorization"))
            .header("Content-Type", exchange.getRequestHeaders().getFirst("Content-Type"))
            .header("X-Amz-Date", exchange.getRequestHeaders().getFirst("X-Amz-Date"))
            .header("X-Amz-Target", target)
            .POST(BodyPublishers.ofByteArray(exchange.getRequestBody().readAllBytes()))
            .build();
    try {
      return client.send(request, BodyHandlers.ofByteArray());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }
}
