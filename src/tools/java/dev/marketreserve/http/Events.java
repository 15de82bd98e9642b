package dev.marketreserve.http;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent.ProxyRequestContext;
import dev.marketreserve.dynamodb.TenantIds;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** Proxy events for tests. */
public final class Events {

  private Events() {}

  /** A valid request of the tenant {@code domain}, {@code project}, {@code instance}. */
  public static APIGatewayProxyRequestEvent event(String groupId) {
    return new APIGatewayProxyRequestEvent()
        .withPathParameters(Map.of("project_id", "project", "instance_id", "instance"))
        .withHeaders(Map.of("X-Domain-Id", "domain"))
        .withRequestContext(new ProxyRequestContext().withRequestId("gateway-request"))
        .withBody("{\"group_id\": \"" + groupId + "\"}");
  }

  /** The tenant of the events in {@code events/}. */
  public static TenantIds tenant() {
    APIGatewayProxyRequestEvent event = load("reserve");
    return new TenantIds(
        Objects.requireNonNull(event.getHeaders().get(GatewayRequest.DOMAIN_ID)),
        Objects.requireNonNull(event.getPathParameters().get(GatewayRequest.PROJECT_ID)),
        Objects.requireNonNull(event.getPathParameters().get(GatewayRequest.INSTANCE_ID)));
  }

  /** The names of the events in {@code events/}. */
  public static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("events"))) {
      return files
          .map(file -> file.getFileName().toString().replace(".json", ""))
          .sorted()
          .toList();
    }
  }

  /** An event in {@code events/}, read with the function's own serializer. */
  public static APIGatewayProxyRequestEvent load(String name) {
    try (InputStream file = Files.newInputStream(Path.of("events", name + ".json"))) {
      return new ProxySerializer().fromJson(file, APIGatewayProxyRequestEvent.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
