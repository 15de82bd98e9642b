package dev.marketreserve;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Checks requests and responses against the one operation of {@code openapi.yaml}. */
public final class OpenApi {

  private static final JsonMapper JSON = new JsonMapper();

  /**
   * API Gateway's models are JSON Schema draft 4. A schema's patterns are JavaScript's: {@code $}
   * matches only the end of the text.
   */
  private static final SchemaRegistry SCHEMAS =
      SchemaRegistry.withDefaultDialect(
          SpecificationVersion.DRAFT_4,
          registry ->
              registry.schemaRegistryConfig(
                  SchemaRegistryConfig.builder()
                      .regularExpressionFactory(regex -> {
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
    return violations(parameter.get("schema"), TextNode.valueOf(value)).isEmpty();
  }

  /** Whether the description of a status lists an error code. */
  public boolean lists(int status, String errorCode) {
    JsonNode response = operation.get("responses").path(Integer.toString(status));
    return response.path("description").asText().contains(errorCode + ": ");
  }

  /** The example responses: status and body. */
  public List<Map.Entry<Integer, JsonNode>> exampleResponses() {
    return operation.get("responses").properties().stream()
        .flatMap(response ->
            response
                .getValue()
                .at("/content/application~1json/examples")
                .valueStream()
                .map(
                    example -> Map.entry(Integer.valueOf(response.getKey()), example.get("value"))))
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
    List<String> violations = new ArrayList<>();
    JsonNode described = response.path("headers"); // missing if the gateway sends no header of ours
    for (Map.Entry<String, JsonNode> header : described.properties()) {
      String value = headers.get(header.getKey());
      if (value != null) {
        violations.addAll(violations(header.getValue().get("schema"), TextNode.valueOf(value)));
      } else if (header.getValue().path("required").asBoolean()) {
        violations.add("no header " + header.getKey());
      }
    }
    if (headers.containsKey("Idempotent-Replayed") && !described.has("Idempotent-Replayed")) {
      violations.add("unexpected header Idempotent-Replayed");
    }
    try {
      JsonNode schema = response.at("/content/application~1json/schema");
      violations.addAll(violations(schema, JSON.readTree(body)));
    } catch (JsonProcessingException e) {
      violations.add("the body is not JSON: " + body);
    }
    return violations;
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
