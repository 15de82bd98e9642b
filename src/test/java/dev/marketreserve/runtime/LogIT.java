package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.Events;
import dev.marketreserve.dynamodb.Tables;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The log of the packaged function. */
@RuntimeTest
class LogIT {

  @ParameterizedTest
  @ValueSource(strings = {"JSON", "Text"})
  void aRequestLogsOneLineOfJsonAndTheStartLogsNothing(String format, Tables tables)
      throws JsonProcessingException {
    Map<String, String> environment = PackagedFunction.environment(tables);
    environment.put("AWS_LAMBDA_LOG_FORMAT", format);
    try (PackagedFunction function = PackagedFunction.start(environment)) {
      JsonNode event = Events.load("foreign-instance");
      function.send(event);

      List<String> log = function.runtime().output();

      assertEquals(1, log.size(), log::toString);
      JsonNode line = new JsonMapper().readTree(log.getFirst());
      assertEquals("INFO", line.get("level").asText());
      assertEquals(403, line.get("status").asInt());
      assertEquals(event.at("/requestContext/requestId"), line.get("request_id"));
      assertEquals(
          List.of("Picked up JAVA_TOOL_OPTIONS: " + environment.get("JAVA_TOOL_OPTIONS")),
          function.runtime().errors());
    }
  }
}
