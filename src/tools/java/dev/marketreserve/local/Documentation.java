package dev.marketreserve.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.dynamodb.TenantIds;
import java.util.Map;
import java.util.UUID;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.eclipse.jetty.server.handler.ResourceHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.resource.ResourceFactory;

/**
 * The page at {@code /docs/} that describes the API and can call it: Swagger UI with {@code
 * openapi.yaml} and a sample tenant's ids. {@code /} redirects to it. The next handler gets all
 * other requests.
 */
final class Documentation extends Handler.Wrapper {

  private static final String PATH = "/docs/";

  private static final String INITIALIZER =
      """
      SwaggerUIBundle({
        url: "openapi.json",
        dom_id: "#swagger-ui",
        docExpansion: "full",
        displayRequestDuration: true,
        validatorUrl: "none",
      });
      """;

  private final Map<String, String> sampleIds;

  /** A page that calls the API for the tenant {@code sample}. */
  Documentation(TenantIds sample) {
    this.sampleIds =
        Map.of(
            "project_id", sample.projectId(),
            "instance_id", sample.instanceId(),
            "X-Domain-Id", sample.domainId());
    ResourceHandler files = new ResourceHandler();
    files.setBaseResource(
        ResourceFactory.of(this)
            .newClassLoaderResource("META-INF/resources/webjars/swagger-ui/")
            .list()
            .getFirst()); // its version
    files.setDirAllowed(false);
    setHandler(new ContextHandler(files, "/docs"));
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws Exception {
    if (!request.getMethod().equals("GET")) {
      return false;
    }
    switch (request.getHttpURI().getPath()) {
      case "/", "/docs" -> Response.sendRedirect(request, response, callback, PATH);
      case PATH + "openapi.json" ->
          send(response, callback, "application/json", openApi().toString());
      case PATH + "swagger-initializer.js" ->
          send(response, callback, "text/javascript", INITIALIZER);
      default -> {
        return super.handle(request, response, callback);
      }
    }
    return true;
  }

  private static void send(Response response, Callback callback, String type, String text) {
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, type);
    response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
    Content.Sink.write(response, true, text, callback);
  }

  /** The contract for local calls: without a signature, and with ids that work at once. */
  private ObjectNode openApi() {
    ObjectNode api = (ObjectNode) SamTemplate.read().openApi();
    removeAmazon(api);
    api.putArray("servers").addObject().put("url", "/").put("description", "no signature needed");
    ((ObjectNode) api.get("components")).remove("securitySchemes");
    for (JsonNode operation : api.findValues("post")) {
      ((ObjectNode) operation).remove("security");
      for (JsonNode parameter : operation.get("parameters")) {
        String id = sampleIds.get(parameter.get("name").asText());
        if (id != null) {
          ((ObjectNode) parameter).put("example", id);
        }
      }
      ((ObjectNode) operation.at("/requestBody/content/application~1json/examples/request/value"))
          .put("group_id", UUID.randomUUID().toString());
    }
    return api;
  }

  private static void removeAmazon(JsonNode node) {
    if (node instanceof ObjectNode object) {
      object.properties().removeIf(property -> property.getKey().startsWith("x-amazon-"));
    }
    node.forEach(Documentation::removeAmazon);
  }
}
