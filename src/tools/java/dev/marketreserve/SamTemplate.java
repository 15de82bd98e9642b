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
import java.util.stream.StreamSupport;

/**
 * {@code template.yaml} as it stands in the source tree, and {@code openapi.yaml} that it includes.
 * A reference reads as the logical id that it names, {@code !Ref Table} as {@code Table}; {@code
 * sam local} resolves it to the same.
 */
public final class SamTemplate {

  private final JsonNode root;

  private SamTemplate(JsonNode root) {
    this.root = root;
  }

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

  /** The properties of the one function. */
  public JsonNode function() {
    return resources("AWS::Serverless::Function").getFirst().getValue().get("Properties");
  }

  /** The environment of the function. */
  public Map<String, String> environment() {
    Map<String, String> variables = new TreeMap<>();
    function()
        .at("/Environment/Variables")
        .properties()
        .forEach(variable -> variables.put(variable.getKey(), variable.getValue().asText()));
    return variables;
  }

  /** The API events of the function. */
  public List<Route> routes() {
    return function().get("Events").properties().stream()
        .map(Map.Entry::getValue)
        .filter(event -> event.get("Type").asText().equals("Api"))
        .map(event -> event.get("Properties"))
        .map(
            api ->
                new Route(
                    api.get("Method").asText().toUpperCase(Locale.ROOT), api.get("Path").asText()))
        .toList();
  }

  /** The definition that the API is built from. */
  public JsonNode openApi() {
    return yaml(
        resources("AWS::Serverless::Api")
            .getFirst()
            .getValue()
            .at("/Properties/DefinitionBody/Fn::Transform/Parameters/Location")
            .asText());
  }

  /** The answers that the gateway gives by itself, by their type. */
  public JsonNode gatewayResponses() {
    return openApi().get("x-amazon-apigateway-gateway-responses");
  }

  /** The DynamoDB tables: logical id and resource. */
  public List<Map.Entry<String, JsonNode>> tables() {
    return resources("AWS::DynamoDB::Table");
  }

  /** The elements of a list in the template. */
  public static List<JsonNode> list(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }

  private List<Map.Entry<String, JsonNode>> resources(String type) {
    return root.get("Resources").properties().stream()
        .filter(resource -> resource.getValue().get("Type").asText().equals(type))
        .toList();
  }

  /**
   * A method and path that the function serves.
   *
   * @param method in upper case
   * @param path with parameters as in {@code /v1/{project_id}}
   */
  public record Route(String method, String path) {}
}
