package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.chaos.Fault;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * DNS look-ups that fail or hang. The packaged function runs in its own mount namespace, where it
 * uses this test's name server instead of the machine's.
 */
@RuntimeTest
@Execution(ExecutionMode.CONCURRENT)
@EnabledIf(value = "isRoot", disabledReason = "A name server and a mount need root")
class NameIT {

  private static final Duration CALLERS_TIMEOUT = Duration.ofSeconds(5);

  @TempDir Path directory;

  private final FaultyDynamoDb dynamoDb;
  private final NameServer names = NameServer.start();
  private final Map<String, String> environment;
  private @Nullable PackagedFunction function;

  NameIT(Tables tables) {
    dynamoDb = FaultyDynamoDb.start(tables.endpoint(), call -> Fault.NONE);
    environment = PackagedFunction.environment(tables, dynamoDb);
    URI address = dynamoDb.endpoint();
    environment.put(
        "AWS_ENDPOINT_URL_DYNAMODB",
        address.toString().replace(address.getHost(), FaultyDynamoDb.NAME));
  }

  static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  @AfterEach
  void stop() {
    if (function != null) {
      function.close();
    }
    names.close();
    dynamoDb.close();
  }

  @Test
  void aFailedLookUpCostsOneAttempt() throws IOException {
    PackagedFunction function = start();
    names.failOnce();
    assertEquals("201", function.reserve().summary(), () -> function.runtime().output().toString());
  }

  @Test
  void aHangingLookUpAfterARestoreIsA500InTimeAndTheNextCallWorks() throws IOException {
    PackagedFunction.withSnapStart(environment);
    PackagedFunction function = start();
    function.runtime().api().awaitCheckpoint();
    names.hold();
    function.runtime().api().restore();
    ReceivedResponse response = function.reserve();
    assertEquals("500 APIG.9999", response.summary(), "The DNS result was in the snapshot");
    assertTrue(response.duration().compareTo(CALLERS_TIMEOUT) < 0, response::toString);
    names.release();
    assertEquals("201", function.reserve().summary());
  }

  private PackagedFunction start() throws IOException {
    Path configuration =
        Files.writeString(
            directory.resolve("resolv.conf"),
            "nameserver " + names.address() + "\noptions attempts:1 timeout:30\n");
    PackagedFunction started =
        PackagedFunction.start(
            List.of(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"",
                configuration.toString()),
            environment);
    function = started;
    return started;
  }
}
