package dev.marketreserve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * The source tree's {@code template.yaml}, and {@code openapi.yaml}, which it includes. As in
 * {@code sam local}, a reference is read as its logical id: {@code !Ref Table} is {@code Table}.
 */
public record SamTemplate(JsonNode root) {

  public static SamTemplate read() {
    return new SamTemplate(yaml("template.yaml"));
  }

  private static JsonNode yaml(String file) {
    try {
      return new YAMLMapper().readTree(Path.of(file).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The function's properties. */
  public JsonNode function() {
    return resources("AWS::Serverless::Function").getFirst().getValue().get("Properties");
  }

  /** The function's environment variables. */
  public Map<String, String> environment() {
    Map<String, String> variables = new TreeMap<>();
    function()
        .at("/Environment/Variables")
        .forEachEntry((name, value) -> variables.put(name, value.asText()));
    return variables;
  }

  /** The function's API events. */
  public List<Route> routes() {
    return function()
        .get("Events")
        .valueStream()
        .filter(event -> event.get("Type").asText().equals("Api"))
        .map(event -> event.get("Properties"))
        .map(api ->
            new Route(
                api.get("Method").asText().toUpperCase(Locale.ROOT), api.get("Path").asText()))
        .toList();
  }

  /** The API's definition. */
  public JsonNode openApi() {
    return yaml("openapi.yaml");
  }

  /** The responses that the gateway returns itself, by type. */
  public JsonNode gatewayResponses() {
    return openApi().get("x-amazon-apigateway-gateway-responses");
  }

  /** The DynamoDB tables: logical id and resource. */
  public List<Map.Entry<String, JsonNode>> tables() {
    return resources("AWS::DynamoDB::Table");
  }

  private List<Map.Entry<String, JsonNode>> resources(String type) {
    return root.get("Resources")
        .propertyStream()
        .filter(resource -> resource.getValue().get("Type").asText().equals(type))
        .toList();
  }

  /** A method, in upper case, and a path with parameters: {@code /v1/{project_id}}. */
  public record Route(String method, String path) {}
}
