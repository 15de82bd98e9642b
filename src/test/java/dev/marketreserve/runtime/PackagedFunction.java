package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.Settings;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.Events;
import dev.marketreserve.runtime.Completion.Returned;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * The function as it is uploaded, in a Lambda execution environment of its own, with the handler,
 * the timeout and the environment of {@code template.yaml}.
 */
final class PackagedFunction implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();

  private final LambdaRuntime runtime;

  private PackagedFunction(LambdaRuntime runtime) {
    this.runtime = runtime;
  }

  /** Starts the function in the given environment. */
  static PackagedFunction start(Map<String, String> environment) {
    return new PackagedFunction(
        LambdaRuntime.start(
            Path.of("target", "runtime"),
            Path.of("target", "function"),
            SamTemplate.read().function().get("Handler").asText(),
            environment));
  }

  /**
   * The environment of the template, its variables pointed at these tables; to which come what
   * Lambda adds, memory, region and credentials.
   */
  static Map<String, String> environment(Tables tables) {
    return environment(tables, DynamoDbExtension.endpoint());
  }

  /** The same on another way to the DynamoDB of the tables. */
  static Map<String, String> environment(Tables tables, URI endpoint) {
    Map<String, String> environment = new HashMap<>(SamTemplate.read().environment());
    environment.replace(Settings.RESERVATIONS_TABLE, tables.settings().reservationsTable());
    environment.replace(Settings.INSTANCE_OWNERS_TABLE, tables.settings().instanceOwnersTable());
    environment.replace("AWS_ENDPOINT_URL_DYNAMODB", endpoint.toString());
    environment.put(
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        SamTemplate.read().function().get("MemorySize").asText());
    environment.put("AWS_REGION", System.getProperty("aws.region"));
    environment.put("AWS_ACCESS_KEY_ID", System.getProperty("aws.accessKeyId"));
    environment.put("AWS_SECRET_ACCESS_KEY", System.getProperty("aws.secretAccessKey"));
    return environment;
  }

  /** The event in {@code events/} of that name. */
  static ObjectNode event(String name) {
    try {
      return (ObjectNode) JSON.readTree(Path.of("events", name).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The event in {@code events/reserve.json}, its body asking for another group. */
  static ObjectNode eventFor(String groupId) {
    String body = JsonNodeFactory.instance.objectNode().put("group_id", groupId).toString();
    return event("reserve.json").put("body", body);
  }

  /** Makes the caller of {@code events/} the owner of the instance that they are about. */
  static void registerOwner(Tables tables) {
    tables.register(Events.owner());
  }

  LambdaRuntime runtime() {
    return runtime;
  }

  /** Invokes the function with any payload. */
  Completion invoke(String payload) {
    return runtime
        .api()
        .invoke(payload, Duration.ofSeconds(SamTemplate.read().function().get("Timeout").asInt()));
  }

  /** Sends an event that the function is to answer. */
  Response send(JsonNode event) {
    return Response.of(invoke(event.toString()));
  }

  @Override
  public void close() {
    runtime.close();
  }

  static JsonNode json(String text) {
    try {
      return JSON.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The response that the gateway would make of what the function returned. */
  record Response(int status, JsonNode headers, JsonNode body) {

    static Response of(Completion completion) {
      JsonNode response =
          json(assertInstanceOf(Returned.class, completion, completion::toString).payload());
      return new Response(
          response.get("statusCode").asInt(),
          response.get("headers"),
          json(response.get("body").asText()));
    }

    String purchaseId() {
      return body.get("purchase_id").asText();
    }

    String errorCode() {
      return body.path("error_code").asText();
    }
  }
}
