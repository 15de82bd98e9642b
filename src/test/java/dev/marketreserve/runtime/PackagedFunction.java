package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.databind.JsonNode;
import dev.marketreserve.Events;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.Settings;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.runtime.Completion.Returned;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The uploaded function in its own Lambda execution environment, with the handler, timeout and
 * environment variables of {@code template.yaml}.
 */
final class PackagedFunction implements AutoCloseable {

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
            Path.of("target", "function"),
            SamTemplate.read().function().get("Handler").asText(),
            environment));
  }

  /**
   * The template's environment for these tables, with the memory size that Lambda adds. The tenant
   * of {@code events/} becomes the owner of its instance.
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
    tables.register(Events.tenant());
    Map<String, String> environment = new HashMap<>(SamTemplate.read().environment());
    environment.replace(Settings.RESERVATIONS_TABLE, tables.settings().reservationsTable());
    environment.replace(Settings.INSTANCE_OWNERS_TABLE, tables.settings().instanceOwnersTable());
    environment.replace("AWS_ENDPOINT_URL_DYNAMODB", endpoint.toString());
    environment.put(
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        SamTemplate.read().function().get("MemorySize").asText());
    return environment;
  }

  /** The same environment with SnapStart. */
  static Map<String, String> withSnapStart(Map<String, String> environment) {
    environment.put("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start");
    return environment;
  }

  LambdaRuntime runtime() {
    return runtime;
  }

  /** Invokes the function with any payload. */
  Completion invoke(String payload) {
    return runtime.api().invoke(payload, TIMEOUT);
  }

  /** Reserves a new group for the tenant of {@code events/}. */
  ReceivedResponse reserve() {
    return reserve(UUID.randomUUID().toString());
  }

  /** Reserves a group for the tenant of {@code events/}. */
  ReceivedResponse reserve(String groupId) {
    return send(Events.load("reserve").put("body", "{\"group_id\": \"" + groupId + "\"}"));
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
}
