package dev.marketreserve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.marketreserve.SamTemplate.Route;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@code template.yaml} agrees with the code. */
class TemplateTest {

  private final SamTemplate template = SamTemplate.read();

  @Test
  void theRuntimeMatchesTheCompiledJavaVersion() {
    assertEquals("java" + Runtime.version().feature(), template.function().get("Runtime").asText());
  }

  @Test
  void theVariablesMatchTheOnesThatTheCodeReads() {
    assertEquals(
        Set.of(
            Settings.RESERVATIONS_TABLE,
            Settings.INSTANCE_OWNERS_TABLE,
            "AWS_ENDPOINT_URL_DYNAMODB",
            "JAVA_TOOL_OPTIONS"),
        template.environment().keySet());
  }

  @Test
  void theRouteMatchesTheContract() {
    assertEquals(
        List.of(
            new Route(
                "POST",
                "/v1/{project_id}/apigw/instances/{instance_id}/market/api-groups/reserve")),
        template.routes());
  }
}
