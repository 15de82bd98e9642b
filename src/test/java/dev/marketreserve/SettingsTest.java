package dev.marketreserve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {

  private static final Map<String, String> COMPLETE =
      Map.of("RESERVATIONS_TABLE", "reservations", "INSTANCE_OWNERS_TABLE", "owners");

  @Test
  void tableNamesComeFromTheEnvironment() {
    assertEquals(new Settings("reservations", "owners"), Settings.from(COMPLETE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"RESERVATIONS_TABLE", "INSTANCE_OWNERS_TABLE"})
  void aMissingOrBlankVariableStopsTheStartAndIsNamed(String variable) {
    Map<String, String> environment = new HashMap<>(COMPLETE);
    environment.remove(variable);
    assertStopped(environment, variable);
    environment.put(variable, " ");
    assertStopped(environment, variable);
  }

  private static void assertStopped(Map<String, String> environment, String variable) {
    IllegalStateException e =
        assertThrows(IllegalStateException.class, () -> Settings.from(environment));
    assertTrue(String.valueOf(e.getMessage()).contains(variable), e.getMessage());
  }
}
