package dev.marketreserve.http;

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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code openapi.yaml} describes the rules that the function applies. */
class OpenApiTest {

  private static final String ID = "73c58022-f20d-495a-a188-85d718647f09";
  private static final String BODY = "{\"group_id\":\"" + ID + "\"}";

  private final OpenApi openApi = new OpenApi();

  @ParameterizedTest
  @MethodSource("bodies")
  void descriptionAndFunctionAgreeOnABody(String body, boolean accepted) {
    assertEquals(accepted, openApi.acceptsBody(body), "description");
    assertEquals(accepted, accepts("X-Domain-Id", ID, body), "function");
  }

  static Stream<Arguments> bodies() {
    return Stream.of(
        Arguments.of(BODY, true),
        Arguments.of("{\"group_id\":\"g\",\"more\":[{}]}", true),
        Arguments.of("{\"group_id\":null}", false),
        Arguments.of("{\"group_id\":7}", false),
        Arguments.of("{\"group_id\":true}", false),
        Arguments.of("{\"group_id\":[\"g\"]}", false),
        Arguments.of("{\"group_id\":{}}", false),
        Arguments.of("{\"GROUP_ID\":\"g\"}", false),
        Arguments.of("{}", false),
        Arguments.of("[]", false),
        Arguments.of("null", false),
        Arguments.of("\"g\"", false),
        Arguments.of("7", false),
        Arguments.of("{\"group_id\":", false));
  }

  /** A schema cannot express this rule. */
  @ParameterizedTest
  @ValueSource(strings = {"{\"group_id\":\"a\",\"group_id\":\"b\"}", "{\"group_id\":\"a\"}{}"})
  void onlyTheFunctionRejectsMoreThanOneValue(String body) {
    assertEquals(false, accepts("X-Domain-Id", ID, body));
  }

  @ParameterizedTest
  @ValueSource(strings = {"project_id", "instance_id", "X-Domain-Id", "group_id"})
  void descriptionAndFunctionAgreeOnAnId(String name) throws IOException {
    JsonMapper json = new JsonMapper();
    for (JsonNode id : json.readTree(Path.of("src/test/resources/resource-ids.json").toFile())) {
      String written = id.get("written").asText();
      boolean accepted = !id.get("canonical").isNull();
      if (name.equals("group_id")) {
        String body = json.createObjectNode().put(name, written).toString();
        assertEquals(accepted, openApi.acceptsBody(body), body);
        assertEquals(accepted, accepts("X-Domain-Id", ID, body), body);
      } else {
        assertEquals(accepted, openApi.acceptsParameter(name, written), written);
        assertEquals(accepted, accepts(name, written, BODY), written);
      }
    }
  }

  @Test
  void descriptionAndFunctionAgreeOnAnIdempotencyKey() {
    for (String good : new String[] {"k", "!", "~", "k".repeat(255)}) {
      assertTrue(openApi.acceptsParameter("Idempotency-Key", good), good);
      assertTrue(accepts("Idempotency-Key", good, BODY), good);
    }
    for (String bad : new String[] {"", " ", "a b", "\u007f", "é", "k\n", "k".repeat(256)}) {
      assertEquals(false, openApi.acceptsParameter("Idempotency-Key", bad), bad);
      assertEquals(false, accepts("Idempotency-Key", bad, BODY), bad);
    }
  }

  @Test
  void everyErrorOfTheFunctionHasAnExample() {
    Set<String> described =
        openApi.exampleResponses().stream()
            .filter(example -> example.getValue().has("error_code"))
            .map(example -> example.getKey() + " " + example.getValue().get("error_code").asText())
            .collect(Collectors.toCollection(TreeSet::new));
    for (ErrorCode error : ErrorCode.values()) {
      assertTrue(described.contains(error.status + " " + error.code), error.toString());
    }
  }

  @Test
  void everyCodeIsListedUnderItsStatus() {
    for (ErrorCode error : ErrorCode.values()) {
      assertTrue(openApi.lists(error.status, error.code), error.toString());
    }
    openApi
        .exampleResponses()
        .forEach(
            example -> {
              String code = example.getValue().path("error_code").asText();
              assertTrue(
                  code.isEmpty() || openApi.lists(example.getKey(), code), example.toString());
            });
  }

  /** A client generated from the description must accept it. */
  @Test
  void aCodeAddedLaterMatchesTheDescription() {
    for (int status : new int[] {400, 403, 404, 409, 429, 500, 502, 503, 504}) {
      assertEquals(
          List.of(),
          openApi.violations(
              status,
              Map.of("X-Request-Id", "id"),
              "{\"error_code\":\"APIG.7777\",\"error_msg\":\"m\",\"request_id\":\"id\"}"));
    }
  }

  @Test
  void everyExampleMatchesItsDescription() {
    openApi
        .exampleResponses()
        .forEach(
            example ->
                assertEquals(
                    List.of(),
                    openApi.violations(
                        example.getKey(),
                        Map.of("X-Request-Id", "id"),
                        example.getValue().toString())));
  }

  @Test
  void everyGatewayResponseMatchesItsDescription() {
    SamTemplate.read()
        .gatewayResponses()
        .properties()
        .forEach(
            response -> {
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
              assertEquals(
                  List.of(),
                  openApi.violations(status, Map.of("X-Request-Id", "id"), body),
                  response.getKey());
            });
  }

  @Test
  void theDailyEventIsRefusedBeforeATableIsRead() throws IOException {
    String input =
        SamTemplate.read().function().at("/Events/DailyWakeUp/Properties/Input").asText();
    APIGatewayProxyRequestEvent event =
        new JsonMapper().readValue(input, APIGatewayProxyRequestEvent.class);
    BadRequestException refusal = assertThrows(BadRequestException.class, () -> read(event));
    assertEquals(ErrorCode.MISSING_PARAMETER, refusal.response().error());
  }

  /** Whether the function accepts an otherwise valid request with this value. */
  private static boolean accepts(String name, String value, String body) {
    Map<String, String> path = new HashMap<>(Map.of("project_id", ID, "instance_id", ID));
    Map<String, String> headers = new HashMap<>(Map.of("X-Domain-Id", ID));
    (path.containsKey(name) ? path : headers).put(name, value);
    try {
      read(
          new APIGatewayProxyRequestEvent()
              .withPathParameters(path)
              .withHeaders(headers)
              .withBody(body));
      return true;
    } catch (BadRequestException e) {
      return false;
    }
  }

  private static void read(APIGatewayProxyRequestEvent event) throws BadRequestException {
    var _ = RequestReader.read(GatewayRequest.of(event, "invocation"));
  }
}
