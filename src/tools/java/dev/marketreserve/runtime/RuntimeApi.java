package dev.marketreserve.runtime;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.marketreserve.runtime.Completion.Failed;
import dev.marketreserve.runtime.Completion.Returned;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lambda as one execution environment sees it: the Runtime API on a port of 127.0.0.1. A runtime
 * fetches its invocations there and posts their results. Safe for use by many threads.
 *
 * <p>The JDK's server writes head and body separately. Start the JVM with {@code
 * -Dsun.net.httpserver.nodelay=true}, or Nagle's algorithm delays each response by 40 ms.
 *
 * <p>Like Lambda, it counts an invocation's time from the moment when the runtime fetches it.
 * Unlike Lambda, it does not end a runtime that exceeds the time.
 *
 * @see <a href="https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html">Lambda runtime
 *     API</a>
 */
public final class RuntimeApi implements AutoCloseable {

  private static final String ROOT = "/2018-06-01/runtime";
  private static final String CREDENTIALS = "/2021-04-23/credentials";
  private static final Duration TIME_TO_START = Duration.ofSeconds(130); // as before a snapshot

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final BlockingQueue<Invocation> waiting = new LinkedBlockingQueue<>();
  private final Map<String, Invocation> fetched = new ConcurrentHashMap<>();
  private volatile CompletableFuture<Void> credentials = CompletableFuture.completedFuture(null);
  private final AtomicInteger credentialsServed = new AtomicInteger();
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private final CompletableFuture<Void> checkpoint = new CompletableFuture<>();
  private final CompletableFuture<Void> restore = new CompletableFuture<>();
  private final CompletableFuture<Failed> end = new CompletableFuture<>();

  /** Starts the API on a free port. */
  public RuntimeApi() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(ROOT + "/invocation/next", this::next);
    server.createContext(ROOT + "/invocation/", this::complete);
    server.createContext(ROOT + "/init/error", this::fail);
    server.createContext(ROOT + "/restore/next", this::restoreNext);
    server.createContext(ROOT + "/restore/error", this::fail);
    server.createContext(CREDENTIALS, this::credentials);
    server.start();
  }

  /** Host and port, as in {@code AWS_LAMBDA_RUNTIME_API}. */
  public String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  /** The variables from which a function with SnapStart learns where its credentials are. */
  Map<String, String> credentialsVariables() {
    return Map.of(
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "http://" + address() + CREDENTIALS,
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "local");
  }

  /** Stops responding to requests for credentials, or responds again. */
  public void holdCredentials(boolean hold) {
    credentials.complete(null);
    credentials = hold ? new CompletableFuture<>() : CompletableFuture.completedFuture(null);
  }

  /** The number of times that credentials have been fetched so far. */
  public int credentialsServed() {
    return credentialsServed.get();
  }

  /** Invokes the function, which may take as long as {@code timeout}, and waits for the result. */
  public Completion invoke(String payload, Duration timeout) {
    Invocation invocation =
        new Invocation(UUID.randomUUID().toString(), payload, timeout, new CompletableFuture<>());
    var _ = end.thenAccept(invocation.completion::complete);
    waiting.add(invocation);
    return invocation
        .completion
        .completeOnTimeout(
            new Failed("Sandbox.Timedout", "The runtime fetched no invocation"),
            TIME_TO_START.plus(timeout).toMillis(),
            TimeUnit.MILLISECONDS)
        .join();
  }

  /**
   * Waits until a runtime with SnapStart has run its hooks and is ready for the snapshot.
   *
   * @throws IllegalStateException if it ends instead
   */
  public void awaitCheckpoint() {
    within(TIME_TO_START, CompletableFuture.anyOf(checkpoint, end));
    if (end.isDone()) {
      throw new IllegalStateException("The runtime ended before the snapshot: " + end.join());
    }
  }

  /** Lets a runtime with SnapStart continue, as after a restore. */
  public void restore() {
    restore.complete(null);
  }

  /**
   * Waits until the runtime asks for its first invocation.
   *
   * @return why its start failed; empty if it started
   */
  public Optional<Failed> awaitStart() {
    within(TIME_TO_START, CompletableFuture.anyOf(started, end));
    return started.isDone() ? Optional.empty() : Optional.of(end.join());
  }

  /** Records that the runtime has ended, which fails its open invocations. */
  void runtimeExited(int code) {
    end.complete(new Failed("Runtime.ExitError", "The runtime exited with " + code));
  }

  @Override
  public void close() {
    credentials.complete(null);
    server.stop(0);
    threads.shutdownNow();
  }

  private void next(HttpExchange exchange) throws IOException {
    started.complete(null);
    Invocation invocation = fetch();
    fetched.put(invocation.id, invocation);
    Instant deadline = Instant.now().plus(invocation.timeout);
    var _ =
        invocation.completion.completeOnTimeout(
            new Failed("Sandbox.Timedout", "Task timed out after " + invocation.timeout),
            invocation.timeout.toMillis(),
            TimeUnit.MILLISECONDS);
    Headers headers = exchange.getResponseHeaders();
    headers.set("Content-Type", "application/json");
    headers.set("Lambda-Runtime-Aws-Request-Id", invocation.id);
    headers.set("Lambda-Runtime-Deadline-Ms", Long.toString(deadline.toEpochMilli()));
    headers.set(
        "Lambda-Runtime-Invoked-Function-Arn",
        "arn:aws:lambda:us-east-1:000000000000:function:local");
    answer(exchange, 200, invocation.payload);
  }

  private Invocation fetch() throws IOException {
    try {
      return waiting.take();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }

  /** {@code /invocation/{id}/response} or {@code /invocation/{id}/error}. */
  private void complete(HttpExchange exchange) throws IOException {
    String[] path = exchange.getRequestURI().getPath().split("/", -1);
    Invocation invocation = fetched.remove(path[path.length - 2]);
    if (invocation == null) {
      throw new IOException("No such invocation: " + exchange.getRequestURI());
    }
    invocation.completion.complete(
        path[path.length - 1].equals("response") ? new Returned(body(exchange)) : error(exchange));
    answer(exchange, 202, "{\"status\":\"OK\"}");
  }

  private void fail(HttpExchange exchange) throws IOException {
    end.complete(error(exchange));
    answer(exchange, 202, "{\"status\":\"OK\"}");
  }

  private void restoreNext(HttpExchange exchange) throws IOException {
    checkpoint.complete(null);
    restore.join();
    answer(exchange, 200, "");
  }

  private void credentials(HttpExchange exchange) throws IOException {
    credentialsServed.incrementAndGet();
    credentials.join();
    answer(
        exchange,
        200,
        """
        {"AccessKeyId": "local", "SecretAccessKey": "local", "Token": "local", "Expiration": "%s"}\
        """
            .formatted(Instant.now().plus(Duration.ofHours(6))));
  }

  private static <T> T within(Duration time, CompletableFuture<T> future) {
    return future.copy().orTimeout(time.toMillis(), TimeUnit.MILLISECONDS).join();
  }

  private static Failed error(HttpExchange exchange) throws IOException {
    String type = exchange.getRequestHeaders().getFirst("Lambda-Runtime-Function-Error-Type");
    return new Failed(String.valueOf(type), body(exchange));
  }

  private static String body(HttpExchange exchange) throws IOException {
    return new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    try (exchange) {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private record Invocation(
      String id, String payload, Duration timeout, CompletableFuture<Completion> completion) {}
}
