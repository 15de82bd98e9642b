package dev.marketreserve.dynamodb;

import java.net.URI;
import java.util.UUID;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * Gives a test class {@link Tables} of its own on a DynamoDB that the whole run shares, and points
 * the SDK at that DynamoDB. Tests ask for it by a parameter of that type.
 */
public final class DynamoDbExtension implements ParameterResolver {

  private static final Namespace NAMESPACE = Namespace.create(DynamoDbExtension.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Tables.class;
  }

  @Override
  public Tables resolveParameter(ParameterContext parameter, ExtensionContext context) {
    Server server =
        context
            .getRoot()
            .getStore(NAMESPACE)
            .computeIfAbsent(Server.class, key -> Server.start(), Server.class);
    Store store = context.getStore(NAMESPACE);
    return store.computeIfAbsent(
        context.getRequiredTestClass(),
        key -> Tables.create(server.client, "test-" + UUID.randomUUID() + "-"),
        Tables.class);
  }

  /** Points the SDK of this JVM at a DynamoDB that checks no credentials. */
  public static void pointSdkTo(URI endpoint) {
    System.setProperty("aws.endpointUrlDynamoDb", endpoint.toString());
    System.setProperty("aws.region", "us-east-1");
    System.setProperty("aws.accessKeyId", "local");
    System.setProperty("aws.secretAccessKey", "local");
  }

  /** Where the SDK of this JVM is pointed to. */
  public static URI endpoint() {
    return URI.create(System.getProperty("aws.endpointUrlDynamoDb"));
  }

  private record Server(DynamoDbServer dynamoDb, DynamoDbClient client) implements AutoCloseable {

    static Server start() {
      DynamoDbServer dynamoDb = DynamoDbServer.start();
      pointSdkTo(dynamoDb.endpoint());
      return new Server(dynamoDb, DynamoDbClient.create());
    }

    @Override
    public void close() {
      client.close();
      dynamoDb.close();
    }
  }
}
