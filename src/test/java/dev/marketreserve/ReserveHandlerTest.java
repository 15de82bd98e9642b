package dev.marketreserve;

import static dev.marketreserve.Events.event;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.local.LocalContext;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

@Tag("dynamodb")
@ExtendWith(DynamoDbExtension.class)
class ReserveHandlerTest {

  private static final String UUID_V4 =
      "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

  private final Tables tables;
  private final ReserveHandler handler;
  private final List<String> log = new ArrayList<>();

  ReserveHandlerTest(Tables tables) {
    this.tables = tables;
    this.handler = handlerOn(tables.settings());
    tables.register(new TenantIds("domain", "project", "instance"));
  }

  @Test
  void theReturnedPurchaseIdIsTheOneInTheTable() throws JsonProcessingException {
    String group = newGroup();
    Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    APIGatewayProxyResponseEvent response = call(event(group));
    assertEquals(201, response.getStatusCode());
    JsonNode body = new JsonMapper().readTree(response.getBody());
    assertEquals(group, body.get("group_id").textValue());
    String purchase = body.get("purchase_id").textValue();
    assertTrue(purchase.matches(UUID_V4), purchase);
    Map<String, String> item = new TreeMap<>(tables.reservation(group));
    Instant created = Instant.parse(String.valueOf(item.remove("created_at")));
    assertFalse(created.isBefore(before) || created.isAfter(Instant.now()), created.toString());
    assertEquals(
        Map.of(
            "group_id", group,
            "purchase_id", purchase,
            "domain_id", "domain",
            "project_id", "project",
            "instance_id", "instance"),
        item);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "11111111-AAAA-4000-8000-000000000001",
        "11111111aaaa40008000000000000001",
        "11111111AAAA40008000000000000001"
      })
  void anotherSpellingOfAUuidDoesNotReserveItsGroupAgain(String spelling) {
    call(event("11111111-aaaa-4000-8000-000000000001"));
    assertEquals("409 APIG.3402", summary(call(event(spelling))));
    assertEquals(Map.of(), tables.reservation(spelling));
  }

  @Test
  void a403DoesNotRevealItsCause() {
    tables.register(new TenantIds("domain", "other-project", "instance-of-another-project"));
    tables.register(new TenantIds("other-domain", "project", "instance-of-another-domain"));
    Set<String> answers = new HashSet<>();
    for (String instance :
        List.of("unknown", "instance-of-another-project", "instance-of-another-domain")) {
      APIGatewayProxyRequestEvent event =
          event("never")
              .withPathParameters(Map.of("project_id", "project", "instance_id", instance));
      APIGatewayProxyResponseEvent response = call(event);
      assertEquals(403, response.getStatusCode());
      answers.add(response.getHeaders() + response.getBody());
    }
    assertEquals(1, answers.size());
    assertEquals(Map.of(), tables.reservation("never"));
  }

  @Test
  void everyRequestLogsOneLine() throws JsonProcessingException {
    for (APIGatewayProxyRequestEvent event :
        List.of(event(newGroup()), event("-"), foreign(newGroup()))) {
      long start = System.nanoTime();
      call(event);
      long milliseconds = Duration.ofNanos(System.nanoTime() - start).toMillis();
      assertEquals(1, log.size());
      long logged = new JsonMapper().readTree(log.getFirst()).get("duration_ms").longValue();
      assertTrue(logged >= 0 && logged <= milliseconds, logged + " of " + milliseconds + " ms");
    }
  }

  @Test
  void aFailureReturns500AndOnlyTheLogHasItsCause() {
    ReserveHandler broken = handlerOn(new Settings("no-such-table", "no-such-table"));
    APIGatewayProxyResponseEvent response = call(broken, event(newGroup()));
    assertEquals("500 APIG.9999", summary(response));
    assertFalse(response.getBody().contains("ResourceNotFound"), response.getBody());
    assertTrue(log.getFirst().contains("ResourceNotFoundException"), log::toString);
    assertTrue(log.getFirst().contains("\"level\":\"ERROR\""), log::toString);
  }

  @Test
  void anUnreadableReservationReturns500() {
    String group = newGroup();
    tables
        .client()
        .putItem(
            put ->
                put.tableName(tables.settings().reservationsTable())
                    .item(Map.of("group_id", AttributeValue.fromS(group))));
    assertEquals("500 APIG.9999", summary(call(event(group))));
    assertTrue(log.getFirst().contains("no valid domain_id"), log::toString);
  }

  @Test
  void anInvocationWithoutTimeLeftReturns500AndWritesNothing() {
    String group = newGroup();
    APIGatewayProxyResponseEvent response =
        handler.handleRequest(
            event(group),
            new LocalContext("lambda-request", ReserveHandler.MARGIN.minusMillis(1), log::add));
    assertEquals("500 APIG.9999", summary(response));
    assertEquals(Map.of(), tables.reservation(group));
  }

  private ReserveHandler handlerOn(Settings settings) {
    return new ReserveHandler(settings, tables.dynamoDb());
  }

  private APIGatewayProxyResponseEvent call(APIGatewayProxyRequestEvent event) {
    return call(handler, event);
  }

  private APIGatewayProxyResponseEvent call(
      ReserveHandler function, APIGatewayProxyRequestEvent event) {
    log.clear();
    return function.handleRequest(
        event, new LocalContext("lambda-request", Duration.ofSeconds(10), log::add));
  }

  private static String summary(APIGatewayProxyResponseEvent response) {
    return ReceivedResponse.of(response, Duration.ZERO).summary();
  }

  private static String newGroup() {
    return UUID.randomUUID().toString();
  }

  private static APIGatewayProxyRequestEvent foreign(String group) {
    return event(group).withHeaders(Map.of("X-Domain-Id", "foreign"));
  }
}
