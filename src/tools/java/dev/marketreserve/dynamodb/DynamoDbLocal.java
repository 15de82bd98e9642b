package dev.marketreserve.dynamodb;

import dev.marketreserve.net.Listener;
import java.io.IOException;
import java.net.URI;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.HostPort;
import org.eclipse.jetty.util.component.LifeCycle;
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
    LocalDynamoDBRequestHandler dynamoDb =
        new LocalDynamoDBRequestHandler(0, true, null, true, false);
    server.setHandler(new LocalDynamoDBServerHandler(dynamoDb, null));
    LifeCycle.start(server);
    URI endpoint = URI.create("http://" + new HostPort(host, connector.getLocalPort()));
    return new DynamoDbLocal(dynamoDb, server, endpoint);
  }

  @Override
  public void close() {
    LifeCycle.stop(server);
    dynamoDb.shutdown();
  }
}
