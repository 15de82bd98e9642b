package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.marketreserve.Events;
import dev.marketreserve.chaos.Fault;
import dev.marketreserve.chaos.Fault.Symptom;
import dev.marketreserve.chaos.FaultyDynamoDb;
import dev.marketreserve.chaos.FaultyDynamoDb.Call;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import java.time.Duration;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Invocations that have little time left while DynamoDB does not respond. */
@RuntimeTest
class DeadlineIT {

  private static final Duration TIME_LEFT = Duration.ofMillis(1500);

  private static volatile Predicate<Call> late = call -> false;

  @AutoClose private static FaultyDynamoDb dynamoDb;
  @AutoClose private static PackagedFunction function;

  @BeforeAll
  static void start(Tables tables) {
    PackagedFunction.registerTenant(tables);
    dynamoDb =
        FaultyDynamoDb.start(
            tables.endpoint(), call -> late.test(call) ? Fault.after(Symptom.LATE) : Fault.NONE);
    function = PackagedFunction.start(PackagedFunction.environment(tables, dynamoDb));
    assertEquals(201, function.reserve().status());
  }

  @AfterEach
  void heal() {
    late = call -> false;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void a500IsReturnedBeforeLambdaEndsTheInvocation(boolean write) {
    late = call -> call.isWrite() == write;

    ReceivedResponse response = function.send(Events.load("reserve").toString(), TIME_LEFT);

    assertEquals(500, response.status());
    assertEquals("APIG.9999", response.errorCode());
  }
}
