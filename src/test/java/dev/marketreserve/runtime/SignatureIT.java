package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.marketreserve.chaos.Fault;
import dev.marketreserve.chaos.Fault.Symptom;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;

/** Recomputes the signature of every attempt that the packaged function makes. */
@RuntimeTest
class SignatureIT {

  @Test
  void everyAttemptArrivesCorrectlySigned(Tables tables) {
    PackagedFunction.registerTenant(tables);
    Queue<String> calls = new ConcurrentLinkedQueue<>();
    try (FaultyDynamoDb dynamoDb =
            FaultyDynamoDb.start(
                tables.endpoint(),
                call -> {
                  calls.add(call.operation() + " " + call.attempt());
                  return switch (calls.size()) {
                    case 2 -> Fault.before(Symptom.CLOSED);
                    case 3 -> Fault.after(Symptom.HTTP_503);
                    default -> Fault.NONE;
                  };
                });
        PackagedFunction function =
            PackagedFunction.start(PackagedFunction.environment(tables, dynamoDb))) {

      ReceivedResponse response = function.reserve();

      assertEquals(201, response.status(), response::toString);
      assertEquals(List.of("GetItem 1", "PutItem 1", "PutItem 2", "PutItem 3"), List.copyOf(calls));
    }
  }
}
