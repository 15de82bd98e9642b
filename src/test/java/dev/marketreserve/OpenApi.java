package dev.marketreserve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Checks requests and responses against the one operation of {@code openapi.yaml}. */
public final class OpenApi {

  private static final JsonMapper JSON = new JsonMapper();

  /**
   * API Gateway's models are JSON Schema draft 4. Patterns of a schema are JavaScript's: {@code $}
   * is the end of the text, not of a line.
   */
  private static final SchemaRegistry SCHEMAS =
      SchemaRegistry.withDefaultDialect(
          SpecificationVersion.DRAFT_4,
          registry ->
              registry.schemaRegistryConfig(
                  SchemaRegistryConfig.builder()
                      .regularExpressionFactory(
                          regex -> {
                            Pattern pattern = Pattern.compile(regex.replace("$", "\\z"));
                            return value -> pattern.matcher(value).find();
                          })
                      .build()));

  private final JsonNode root = SamTemplate.read().openApi();
  private final JsonNode operation = root.get("paths").iterator().next().get("post");

  /** Whether the schema accepts the text as a body. */
  public boolean acceptsBody(String body) {
    JsonNode schema = operation.at("/requestBody/content/application~1json/schema");
    try {
      return violations(schema, JSON.readTree(body)).isEmpty();
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  /** Whether the schema of a path parameter or header accepts the value. */
  public boolean acceptsParameter(String name, String value) {
    JsonNode parameter =
        operation
            .get("parameters")
            .valueStream()
            .filter(p -> p.get("name").asText().equals(name))
            .findFirst()
            .orElseThrow();
    return violations(parameter.get("schema"), JSON.getNodeFactory().textNode(value)).isEmpty();
  }

  /** Whether the description of a status lists an error code. */
  public boolean lists(int status, String errorCode) {
    JsonNode response = operation.get("responses").path(Integer.toString(status));
    return response.path("description").asText().contains(errorCode + ": ");
  }

  /** The example responses: status and body. */
  public List<Map.Entry<Integer, JsonNode>> exampleResponses() {
    return operation.get("responses").properties().stream()
        .flatMap(
            response ->
                response
                    .getValue()
                    .at("/content/application~1json/examples")
                    .valueStream()
                    .map(
                        example ->
                            Map.entry(Integer.valueOf(response.getKey()), example.get("value"))))
        .toList();
  }

  /**
   * The differences between a response and its description; empty if it matches.
   *
   * @param headers by name, spelled as in the document
   */
  public List<String> violations(int status, Map<String, String> headers, String body) {
    JsonNode response = operation.get("responses").get(Integer.toString(status));
    if (response == null) {
      return List.of("no such status: " + status);
    }
    JsonNode described = response.path("headers"); // missing if the gateway sends no header of ours
    Stream<String> missing =
        described.properties().stream()
            .filter(header -> header.getValue().path("required").asBoolean())
            .map(Map.Entry::getKey)
            .filter(name -> !headers.containsKey(name))
            .map(name -> "no header " + name);
    Stream<String> wrong =
        headers.entrySet().stream()
            .filter(header -> described.has(header.getKey()))
            .flatMap(
                header ->
                    violations(
                        described.get(header.getKey()).get("schema"),
                        JSON.getNodeFactory().textNode(header.getValue()))
                        .stream());
    Stream<String> undescribed =
        Stream.of("Idempotent-Replayed")
            .filter(headers::containsKey)
            .filter(name -> !described.has(name))
            .map(name -> "unexpected header " + name);
    try {
      return Stream.of(
              missing,
              wrong,
              undescribed,
              violations(response.at("/content/application~1json/schema"), JSON.readTree(body))
                  .stream())
          .flatMap(all -> all)
          .toList();
    } catch (JsonProcessingException e) {
      return List.of("the body is not JSON: " + body);
    }
  }

  private List<String> violations(JsonNode schema, JsonNode value) {
    JsonNode resolved =
        schema.has("$ref") ? root.at(schema.get("$ref").asText().substring(1)) : schema;
    return SCHEMAS
        .getSchema(resolved.toString(), InputFormat.JSON)
        .validate(value.toString(), InputFormat.JSON)
        .stream()
        .map(Object::toString)
        .toList();
  }
}
