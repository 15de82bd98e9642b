package dev.marketreserve.bench;

import dev.marketreserve.net.LocalCertificate;
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
import java.util.zip.CRC32;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * A DynamoDB on a port of 127.0.0.1 that responds at once. It knows the owner of the instance in
 * {@code events/} and stores nothing, so every group is free. It counts its calls.
 */
final class StubDynamoDb implements AutoCloseable {

  private static final String INSTANCE = "eddc4d25-480b-4cd6-b512-f270a1b8b341";

  private static final byte[] OWNER =
      response(
          "200 OK",
          """
          {"Item": {"instance_id": {"S": "%s"}, \
          "project_id": {"S": "5f2c7d9e8b1a4f60a3d4c5b6e7f80912"}, \
          "domain_id": {"S": "0ae9e2b1d5f34c6f8a7b3c2d1e0f9a8b"}}}"""
              .formatted(INSTANCE));

  private static final byte[] NOTHING = response("200 OK", "{}");

  private static final byte[] CONDITION_FAILED =
      response(
          "400 Bad Request",
          """
          {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", \
          "message": "The conditional request failed"}""");

  /** The only condition that is true for an empty table. */
  private static final String NO_SUCH_GROUP = "\"attribute_not_exists(group_id)\"";

  private final ServerSocket server;
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger calls = new AtomicInteger();

  private StubDynamoDb(ServerSocket server) {
    this.server = server;
  }

  static StubDynamoDb start() {
    return start(ServerSocketFactory.getDefault());
  }

  /** Starts it with TLS. It resumes no session, because no session outlives a snapshot. */
  static StubDynamoDb start(LocalCertificate certificate) {
    return start(certificate.context().getServerSocketFactory());
  }

  private static StubDynamoDb start(ServerSocketFactory sockets) {
    try {
      StubDynamoDb stub =
          new StubDynamoDb(sockets.createServerSocket(0, 50, InetAddress.getLoopbackAddress()));
      Thread.ofPlatform().daemon().start(stub::accept);
      return stub;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its address. */
  URI endpoint() {
    String scheme = server instanceof SSLServerSocket ? "https" : "http";
    return URI.create(scheme + "://127.0.0.1:" + server.getLocalPort());
  }

  /** The number of calls so far. */
  int calls() {
    return calls.get();
  }

  /** Closes every connection, as happens between a snapshot and a restore. */
  void dropConnections() {
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
      if (connection instanceof SSLSocket tls) {
        tls.startHandshake();
        tls.getSession().invalidate();
      }
      InputStream input = new BufferedInputStream(connection.getInputStream());
      for (String head = head(input); !head.isEmpty(); head = head(input)) {
        String body = new String(input.readNBytes(length(head)), StandardCharsets.UTF_8);
        calls.incrementAndGet();
        connection.getOutputStream().write(answer(head, body));
      }
    } catch (SocketException e) {
      return;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      connections.remove(connection);
    }
  }

  private byte[] answer(String head, String body) {
    if (head.contains(".getitem")) {
      return body.contains(INSTANCE) ? OWNER : NOTHING;
    }
    return body.contains(NO_SUCH_GROUP) ? NOTHING : CONDITION_FAILED;
  }

  /** The head of the next request in lower case; empty if there is none. */
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

  /** A response with a checksum, as DynamoDB sends it. */
  private static byte[] response(String status, String body) {
    CRC32 checksum = new CRC32();
    checksum.update(body.getBytes(StandardCharsets.US_ASCII));
    return """
        HTTP/1.1 %s\r
        Content-Type: application/x-amz-json-1.0\r
        x-amzn-RequestId: stub\r
        x-amz-crc32: %s\r
        Content-Length: %s\r
        \r
        %s"""
        .formatted(status, checksum.getValue(), body.length(), body)
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
