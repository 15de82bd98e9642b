package dev.marketreserve.image;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A DynamoDB on a port of 127.0.0.1 that answers at once: every get finds an owner, every put
 * succeeds. It counts its calls.
 */
public final class StubDynamoDb implements AutoCloseable {

  /** The tenant of the events in {@code events/}. */
  private static final String OWNER =
      """
      {"Item": {"instance_id": {"S": "eddc4d25-480b-4cd6-b512-f270a1b8b341"}, \
      "project_id": {"S": "5f2c7d9e8b1a4f60a3d4c5b6e7f80912"}, \
      "domain_id": {"S": "0ae9e2b1d5f34c6f8a7b3c2d1e0f9a8b"}}}""";

  private final ServerSocket server;
  private final byte[] owner;
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger calls = new AtomicInteger();

  private StubDynamoDb(ServerSocket server, byte[] owner) {
    this.server = server;
    this.owner = owner;
  }

  public static StubDynamoDb start() {
    try {
      ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      StubDynamoDb stub = new StubDynamoDb(server, response(OWNER));
      Thread.ofPlatform().daemon().start(stub::accept);
      return stub;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The address. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getLocalPort());
  }

  /** The calls so far. */
  public int calls() {
    return calls.get();
  }

  /** Closes every connection, as it happens between a snapshot and its restoration. */
  public void dropConnections() {
    connections.forEach(StubDynamoDb::close);
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    dropConnections();
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket connection = server.accept();
        connections.add(connection);
        Thread.ofPlatform().daemon().start(() -> serve(connection));
      } catch (SocketException e) {
        return;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      connection.setTcpNoDelay(true);
      byte[] nothing = response("{}");
      InputStream input = new BufferedInputStream(connection.getInputStream());
      for (String head = head(input); !head.isEmpty(); head = head(input)) {
        String body = new String(input.readNBytes(length(head)), StandardCharsets.UTF_8);
        calls.incrementAndGet();
        boolean findsOwner = head.contains(".getitem") && body.contains("instance_id");
        connection.getOutputStream().write(findsOwner ? owner : nothing);
      }
    } catch (SocketException e) {
      return;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      connections.remove(connection);
    }
  }

  /** The head of the next request in lower case; empty where there is none. */
  private static String head(InputStream input) throws IOException {
    StringBuilder head = new StringBuilder();
    for (int c = input.read(); c >= 0; c = input.read()) {
      head.append((char) c);
      if (c == '\n' && head.indexOf("\r\n\r\n", head.length() - 4) >= 0) {
        return head.toString().toLowerCase(Locale.ROOT);
      }
    }
    return "";
  }

  private static int length(String head) {
    String name = "content-length:";
    int start = head.indexOf(name) + name.length();
    return Integer.parseInt(head.substring(start, head.indexOf('\r', start)).strip());
  }

  private static byte[] response(String body) {
    return """
        HTTP/1.1 200 OK\r
        Content-Type: application/x-amz-json-1.0\r
        x-amzn-RequestId: stub\r
        Content-Length: %d\r
        \r
        %s"""
        .formatted(body.length(), body)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private static void close(Socket connection) {
    try {
      connection.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
