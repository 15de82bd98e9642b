package dev.marketreserve.dynamodb;

import dev.marketreserve.net.Listener;
import java.io.IOException;
import java.net.URI;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBRequestHandler;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBServerHandler;

/**
 * DynamoDB Local in this JVM, in memory. All credentials and regions see the same tables.
 *
 * <p>DynamoDB Local's own server would listen on all addresses. So its request handler runs in a
 * server that listens on one.
 */
public record DynamoDbLocal(LocalDynamoDBRequestHandler dynamoDb, Server server, URI endpoint)
    implements DynamoDbServer {

  /** Starts a server on a free port of 127.0.0.1. */
  public static DynamoDbLocal start() throws IOException {
    return start("127.0.0.1", 0);
  }

  /**
   * Starts a server.
   *
   * @param host an address of this machine
   * @param port 0 for any free port
   * @throws IOException if the port cannot be opened; its message says why
   */
  public static DynamoDbLocal start(String host, int port) throws IOException {
    Server server = new Server();
    ServerConnector connector = Listener.open(server, host, port);
    try {
      LocalDynamoDBRequestHandler dynamoDb =
          new LocalDynamoDBRequestHandler(0, true, null, true, false);
      server.setHandler(new LocalDynamoDBServerHandler(dynamoDb, null));
      server.start();
      URI endpoint = new URI("http", null, host, connector.getLocalPort(), null, null, null);
      return new DynamoDbLocal(dynamoDb, server, endpoint);
    } catch (Exception e) {
      throw new IllegalStateException("DynamoDB Local did not start", e);
    }
  }

  @Override
  public void close() {
    try {
      server.stop();
      dynamoDb.shutdown();
    } catch (Exception e) {
      throw new IllegalStateException("DynamoDB Local did not stop", e);
    }
  }
}
