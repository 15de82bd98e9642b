package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.Settings;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.Events;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.runtime.Completion.Returned;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The uploaded function in its own Lambda execution environment, with the handler, timeout and
 * environment variables of {@code template.yaml}.
 */
final class PackagedFunction implements AutoCloseable {

  private static final JsonMapper JSON = new JsonMapper();
  private static final Duration TIMEOUT =
      Duration.ofSeconds(SamTemplate.read().function().get("Timeout").asInt());

  private final LambdaRuntime runtime;

  private PackagedFunction(LambdaRuntime runtime) {
    this.runtime = runtime;
  }

  /** Starts the function in the given environment. */
  static PackagedFunction start(Map<String, String> environment) {
    return start(List.of(), environment);
  }

  /** Starts the function through another command; the runtime's own command is appended to it. */
  static PackagedFunction start(List<String> prefix, Map<String, String> environment) {
    return new PackagedFunction(
        LambdaRuntime.start(
            prefix,
            Path.of("target", "runtime"),
            Path.of("target", "function"),
            SamTemplate.read().function().get("Handler").asText(),
            environment));
  }

  /**
   * The template's environment for these tables, with the memory, region and credentials that
   * Lambda adds.
   */
  static Map<String, String> environment(Tables tables) {
    return environment(tables, tables.endpoint());
  }

  /** The same, with TLS to a proxy in front of the tables' DynamoDB. */
  static Map<String, String> environment(Tables tables, FaultyDynamoDb proxy) {
    Map<String, String> environment = environment(tables, proxy.endpoint());
    environment.put("SSL_CERT_FILE", FaultyDynamoDb.certificateFile().toString());
    return environment;
  }

  private static Map<String, String> environment(Tables tables, URI endpoint) {
    Map<String, String> environment = new HashMap<>(SamTemplate.read().environment());
    environment.replace(Settings.RESERVATIONS_TABLE, tables.settings().reservationsTable());
    environment.replace(Settings.INSTANCE_OWNERS_TABLE, tables.settings().instanceOwnersTable());
    environment.replace("AWS_ENDPOINT_URL_DYNAMODB", endpoint.toString());
    environment.put(
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        SamTemplate.read().function().get("MemorySize").asText());
    environment.put("AWS_REGION", "us-east-1");
    environment.put("AWS_ACCESS_KEY_ID", "local");
    environment.put("AWS_SECRET_ACCESS_KEY", "local");
    return environment;
  }

  /** The event with that name in {@code events/}. */
  static ObjectNode event(String name) {
    try {
      return (ObjectNode) JSON.readTree(Path.of("events", name).toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The event in {@code events/reserve.json}, for another group. */
  static ObjectNode eventFor(String groupId) {
    String body = JsonNodeFactory.instance.objectNode().put("group_id", groupId).toString();
    return event("reserve.json").put("body", body);
  }

  /** Makes the tenant of {@code events/} the owner of its instance. */
  static void registerTenant(Tables tables) {
    tables.register(Events.tenant());
  }

  LambdaRuntime runtime() {
    return runtime;
  }

  /** Invokes the function with any payload. */
  Completion invoke(String payload) {
    return runtime.api().invoke(payload, TIMEOUT);
  }

  /** Sends an event that the function responds to. */
  ReceivedResponse send(JsonNode event) {
    return send(event.toString());
  }

  /** Sends a payload that the function responds to. */
  ReceivedResponse send(String payload) {
    return send(payload, TIMEOUT);
  }

  /** Sends a payload in an invocation that Lambda ends after {@code timeLeft}. */
  ReceivedResponse send(String payload, Duration timeLeft) {
    long start = System.nanoTime();
    Completion completion = runtime.api().invoke(payload, timeLeft);
    Returned returned = assertInstanceOf(Returned.class, completion, completion::toString);
    return ReceivedResponse.of(returned.payload(), Duration.ofNanos(System.nanoTime() - start));
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
}
