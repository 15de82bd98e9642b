package dev.marketreserve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.RequestHandler;
import dev.marketreserve.SamTemplate.Route;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** {@code template.yaml} agrees with the code. */
class TemplateTest {

  private final SamTemplate template = SamTemplate.read();

  @Test
  void lambdaCanConstructTheHandler() throws ReflectiveOperationException {
    Class<?> type = Class.forName(template.function().get("Handler").asText());
    assertTrue(RequestHandler.class.isAssignableFrom(type));
    assertEquals(0, type.getConstructor().getParameterCount());
  }

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
