package dev.marketreserve.dynamodb;

import java.util.UUID;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each test class its own {@link Tables} in a DynamoDB that the whole run shares. A test gets
 * them as a parameter.
 */
public final class DynamoDbExtension implements ParameterResolver {

  private static final Namespace NAMESPACE = Namespace.create(DynamoDbExtension.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == Tables.class;
  }

  @Override
  public Tables resolveParameter(ParameterContext parameter, ExtensionContext context) {
    DynamoDbServer server =
        context
            .getRoot()
            .getStore(NAMESPACE)
            .computeIfAbsent(
                DynamoDbServer.class, key -> DynamoDbServer.start(), DynamoDbServer.class);
    return context
        .getStore(NAMESPACE)
        .computeIfAbsent(
            context.getRequiredTestClass(),
            key -> Tables.create(server.endpoint(), "test-" + UUID.randomUUID() + "-"),
            Tables.class);
  }
}
