package dev.marketreserve.local;

import dev.marketreserve.ReserveHandler;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.DynamoDbLocal;
import dev.marketreserve.dynamodb.Tables;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.VirtualThreadPool;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * The API on this machine: HTTP on 127.0.0.1 in front of the real handler, DynamoDB Local behind it
 * in the same JVM. {@code mvn -Plocal} starts it.
 */
public final class LocalApi implements AutoCloseable {

  /** The owner that the events of {@code events/} are about. */
  static final Owner SAMPLE_OWNER =
      new Owner(
          "0ae9e2b1d5f34c6f8a7b3c2d1e0f9a8b",
          "5f2c7d9e8b1a4f60a3d4c5b6e7f80912",
          "eddc4d25480b4cd6b512f270a1b8b341");

  private final DynamoDbLocal dynamoDb;
  private final DynamoDbClient client;
  private final Server server;
  private final int port;

  private LocalApi(DynamoDbLocal dynamoDb, DynamoDbClient client, Server server, int port) {
    this.dynamoDb = dynamoDb;
    this.client = client;
    this.server = server;
    this.port = port;
  }

  /**
   * Starts the API.
   *
   * @param port 0 for any that is free, and so for {@code dynamoDbPort}
   * @throws IOException where a port is taken
   */
  static LocalApi start(int port, int dynamoDbPort, List<Owner> owners) throws IOException {
    Server server = new Server(new VirtualThreadPool());
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    connector.setPort(port);
    connector.open();
    server.addConnector(connector);
    DynamoDbLocal dynamoDb;
    try {
      dynamoDb = DynamoDbLocal.start(dynamoDbPort);
    } catch (IOException e) {
      connector.close();
      throw e;
    }
    DynamoDbExtension.pointSdkTo(dynamoDb.endpoint());
    DynamoDbClient client = DynamoDbClient.create();
    Tables tables = Tables.create(client, "");
    owners.forEach(o -> tables.registerOwner(o.domainId(), o.projectId(), o.instanceId()));
    ReserveHandler function = new ReserveHandler(SamTemplate.read().environment());
    server.setHandler(new Gateway(function, System.out::print));
    try {
      server.start();
    } catch (Exception e) {
      throw new IllegalStateException("The local API does not start", e);
    }
    return new LocalApi(dynamoDb, client, server, connector.getLocalPort());
  }

  String url() {
    return "http://127.0.0.1:" + port;
  }

  int dynamoDbPort() {
    return dynamoDb.port();
  }

  @Override
  public void close() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("The local API does not stop", e);
    }
    client.close();
    dynamoDb.close();
  }

  /** {@code port dynamodb.port [domain:project:instance]}. */
  static void main(String... arguments) {
    try {
      LocalApi api =
          start(
              Integer.parseInt(arguments[0]),
              Integer.parseInt(arguments[1]),
              arguments.length > 2 && !arguments[2].isBlank()
                  ? List.of(SAMPLE_OWNER, Owner.parse(arguments[2]))
                  : List.of(SAMPLE_OWNER));
      Runtime.getRuntime().addShutdownHook(new Thread(api::close));
      System.out.printf(
          """

          Market Reserve listens on %s, its DynamoDB on http://127.0.0.1:%d. Ctrl-C ends both.

            curl -i -X POST %s \\
              -H 'X-Domain-Id: %s' -H 'Content-Type: application/json' \\
              -d '{"group_id": "%s"}'

          """,
          api.url(),
          api.dynamoDbPort(),
          SAMPLE_OWNER.reserveUrl(api.url()),
          SAMPLE_OWNER.domainId(),
          UUID.randomUUID());
    } catch (IOException | IllegalArgumentException e) {
      System.err.println("The local API cannot start: " + e.getMessage());
      System.exit(1);
    }
  }

  /** Who owns a gateway instance. */
  record Owner(String domainId, String projectId, String instanceId) {

    static Owner parse(String text) {
      String[] ids = text.split(":", -1);
      if (ids.length != 3) {
        throw new IllegalArgumentException(
            "an owner is written domain:project:instance, not " + text);
      }
      return new Owner(ids[0], ids[1], ids[2]);
    }

    String reserveUrl(String base) {
      return base
          + "/v1/%s/apigw/instances/%s/market/api-groups/reserve".formatted(projectId, instanceId);
    }
  }
}
