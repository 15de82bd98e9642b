package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.Settings;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.runtime.Completion.Failed;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Starts the packaged function with a variable missing from its environment. */
@RuntimeTest
class StartIT {

  @ParameterizedTest
  @ValueSource(strings = {Settings.RESERVATIONS_TABLE, Settings.INSTANCE_OWNERS_TABLE})
  void theErrorNamesAMissingVariable(String variable, Tables tables) {
    Map<String, String> environment = PackagedFunction.environment(tables);
    environment.remove(variable);

    try (PackagedFunction function = PackagedFunction.start(environment)) {
      Failed failed = function.runtime().api().awaitStart().orElseThrow();

      assertEquals("Runtime.BadFunctionCode", failed.type());
      assertTrue(failed.payload().contains(variable), failed::payload);
    }
  }
}
