package dev.marketreserve.http;

import static dev.marketreserve.Events.event;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.OpenApi;
import dev.marketreserve.SamTemplate;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code openapi.yaml} describes the rules that the function applies. */
class OpenApiTest {

  private static final Map<String, String> REQUEST_ID = Map.of("X-Request-Id", "id");

  private final OpenApi openApi = new OpenApi();

  @ParameterizedTest
  @ValueSource(strings = {"{\"group_id\":\"g\"}", "{\"group_id\":\"g\",\"more\":[{}]}"})
  void descriptionAndFunctionAcceptAValidBody(String body) {
    assertBody(true, body);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"group_id\":null}",
        "{\"group_id\":7}",
        "{\"group_id\":true}",
        "{\"group_id\":[\"g\"]}",
        "{\"group_id\":{}}",
        "{\"GROUP_ID\":\"g\"}",
        "{}",
        "[]",
        "null",
        "\"g\"",
        "{\"group_id\":"
      })
  void descriptionAndFunctionRejectAnInvalidBody(String body) {
    assertBody(false, body);
  }

  @ParameterizedTest
  @ValueSource(strings = {"project_id", "instance_id", "X-Domain-Id", "group_id"})
  void descriptionAndFunctionAgreeOnAnId(String name) throws IOException {
    JsonMapper json = new JsonMapper();
    for (JsonNode id : json.readTree(Path.of("src/test/resources/resource-ids.json").toFile())) {
      String written = id.get("written").asText();
      boolean accepted = !id.get("canonical").isNull();
      if (name.equals("group_id")) {
        assertBody(accepted, json.createObjectNode().put(name, written).toString());
      } else {
        assertParameter(accepted, name, written);
      }
    }
  }

  @Test
  void descriptionAndFunctionAgreeOnAnIdempotencyKey() {
    for (String good : List.of("k", "!", "~", "a,b;c=\"d\"", "a%20", "k".repeat(255))) {
      assertParameter(true, "Idempotency-Key", good);
    }
    for (String bad : List.of("", " ", "a b", " a", "\u007f", "é", "k\n", "k".repeat(256))) {
      assertParameter(false, "Idempotency-Key", bad);
    }
  }

  @Test
  void everyErrorOfTheFunctionIsDescribedAndHasAnExample() {
    Set<String> examples = new HashSet<>();
    openApi
        .exampleResponses()
        .forEach(example ->
            examples.add(example.getKey() + example.getValue().path("error_code").asText()));
    for (ErrorCode error : ErrorCode.values()) {
      assertTrue(examples.contains(error.status + error.code), error.toString());
      assertTrue(openApi.lists(error.status, error.code), error.toString());
    }
  }

  @Test
  void everyExampleMatchesItsDescription() {
    openApi
        .exampleResponses()
        .forEach(example -> {
          JsonNode body = example.getValue();
          assertResponse(example.getKey(), body.toString());
          assertTrue(
              !body.has("error_code")
                  || openApi.lists(example.getKey(), body.get("error_code").asText()),
              example.toString());
        });
  }

  @Test
  void everyGatewayResponseMatchesItsDescription() {
    SamTemplate.read()
        .gatewayResponses()
        .properties()
        .forEach(response -> {
          int status =
              switch (response.getKey()) {
                case "DEFAULT_4XX" -> 403;
                case "DEFAULT_5XX" -> 502;
                default -> response.getValue().get("statusCode").asInt();
              };
          JsonNode header = response.getValue().get("responseParameters");
          assertEquals(
              "context.requestId", header.path("gatewayresponse.header.X-Request-Id").asText());
          String body = response.getValue().at("/responseTemplates/application~1json").asText();
          String code = body.replaceAll(".*\"error_code\":\"([^\"]*)\".*", "$1");
          assertTrue(openApi.lists(status, code), response.getKey());
          assertResponse(status, body);
        });
  }

  @Test
  void theDailyEventIsRefusedBeforeATableIsRead() throws IOException {
    String input =
        SamTemplate.read().function().at("/Events/DailyWakeUp/Properties/Input").asText();
    APIGatewayProxyRequestEvent event =
        new JsonMapper().readValue(input, APIGatewayProxyRequestEvent.class);
    BadRequestException refusal =
        assertThrows(BadRequestException.class, () -> RequestReaderTest.read(event));
    assertEquals(ErrorCode.MISSING_PARAMETER, refusal.response().error());
  }

  private void assertBody(boolean accepted, String body) {
    assertEquals(accepted, openApi.acceptsBody(body), body);
    assertEquals(accepted, accepts(event("").withBody(body)), body);
  }

  private void assertParameter(boolean accepted, String name, String value) {
    assertEquals(accepted, openApi.acceptsParameter(name, value), value);
    assertEquals(accepted, accepts(RequestReaderTest.with(name, value)), value);
  }

  private void assertResponse(int status, String body) {
    assertEquals(List.of(), openApi.violations(status, REQUEST_ID, body), body);
  }

  /** Whether the function accepts the request. */
  private static boolean accepts(APIGatewayProxyRequestEvent event) {
    try {
      var _ = RequestReaderTest.read(event);
      return true;
    } catch (BadRequestException e) {
      return false;
    }
  }
}
