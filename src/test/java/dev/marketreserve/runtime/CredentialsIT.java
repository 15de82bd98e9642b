package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.chaos.Fault;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The first request after a restore, over TLS, while Lambda does not deliver credentials. */
@RuntimeTest
class CredentialsIT {

  private static final Duration CALLERS_TIMEOUT = Duration.ofSeconds(5);

  @Test
  void missingCredentialsAreA500InTimeAndTheNextCallWorks(Tables tables) {
    PackagedFunction.registerTenant(tables);
    try (FaultyDynamoDb dynamoDb = FaultyDynamoDb.start(tables.endpoint(), call -> Fault.NONE)) {
      Map<String, String> environment =
          PackagedFunction.withSnapStart(PackagedFunction.environment(tables, dynamoDb));
      try (PackagedFunction function = PackagedFunction.start(environment)) {
        function.runtime().api().awaitCheckpoint();
        function.runtime().api().holdCredentials(true);
        function.runtime().api().restore();

        ReceivedResponse response = send(function);
        assertEquals("500 APIG.9999", response.summary());
        assertTrue(response.duration().compareTo(CALLERS_TIMEOUT) < 0, response::toString);

        function.runtime().api().holdCredentials(false);
        assertEquals("201", send(function).summary());
      }
    }
  }

  private static ReceivedResponse send(PackagedFunction function) {
    return function.reserve();
  }
}
