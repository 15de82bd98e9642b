package dev.marketreserve.dynamodb;

import java.io.IOException;
import java.net.URI;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBRequestHandler;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBServerHandler;

/**
 * DynamoDB Local in this JVM, in memory, on a port of 127.0.0.1. Any credentials and any region see
 * the same tables.
 *
 * <p>Its own server would listen on all addresses, so its request handler is put in one that does
 * not.
 */
public final class DynamoDbLocal implements DynamoDbServer {

  private final LocalDynamoDBRequestHandler dynamoDb;
  private final Server server;
  private final int port;

  private DynamoDbLocal(LocalDynamoDBRequestHandler dynamoDb, Server server, int port) {
    this.dynamoDb = dynamoDb;
    this.server = server;
    this.port = port;
  }

  /**
   * Starts a server.
   *
   * @param port 0 for any that is free
   * @throws IOException where the port is taken
   */
  public static DynamoDbLocal start(int port) throws IOException {
    Server server = new Server();
    ServerConnector connector = LoopbackPort.open(server, port);
    try {
      LocalDynamoDBRequestHandler dynamoDb =
          new LocalDynamoDBRequestHandler(0, true, null, true, false);
      server.setHandler(new LocalDynamoDBServerHandler(dynamoDb, null));
      server.start();
      return new DynamoDbLocal(dynamoDb, server, connector.getLocalPort());
    } catch (Exception e) {
      throw new IllegalStateException("DynamoDB Local does not start", e);
    }
  }

  @Override
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  public int port() {
    return port;
  }

  @Override
  public void close() {
    try {
      server.stop();
      dynamoDb.shutdown();
    } catch (Exception e) {
      throw new IllegalStateException("DynamoDB Local does not stop", e);
    }
  }
}
