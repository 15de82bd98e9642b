package dev.marketreserve;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent.ProxyRequestContext;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.dynamodb.TenantIds;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Proxy events for tests. */
public final class Events {

  private Events() {}

  /** A valid request by the tenant {@code domain}, {@code project}, {@code instance}. */
  public static APIGatewayProxyRequestEvent event(String groupId) {
    return new APIGatewayProxyRequestEvent()
        .withPathParameters(Map.of("project_id", "project", "instance_id", "instance"))
        .withHeaders(Map.of("X-Domain-Id", "domain"))
        .withRequestContext(new ProxyRequestContext().withRequestId("gateway-request"))
        .withBody("{\"group_id\": \"" + groupId + "\"}");
  }

  /** An event in {@code events/}. */
  public static ObjectNode load(String name) {
    try {
      return (ObjectNode) new JsonMapper().readTree(Path.of("events", name + ".json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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

  /** The tenant of the events in {@code events/}. */
  public static TenantIds tenant() {
    ObjectNode event = load("reserve");
    return new TenantIds(
        event.at("/headers/X-Domain-Id").asText(),
        event.at("/pathParameters/project_id").asText(),
        event.at("/pathParameters/instance_id").asText());
  }
}
