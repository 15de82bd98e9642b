package dev.marketreserve;

import static dev.marketreserve.Events.event;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.chaos.Caller;
import dev.marketreserve.dynamodb.DynamoDb;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.StubHttp;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.http.ReserveContract;
import dev.marketreserve.local.LocalContext;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("dynamodb")
@ExtendWith(DynamoDbExtension.class)
class ReserveHandlerTest extends ReserveContract {

  private static final String UUID_V4 =
      "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";

  private final String group = UUID.randomUUID().toString();
  private final List<String> log = new ArrayList<>();
  private final Tables tables;
  private final ReserveHandler handler;

  ReserveHandlerTest(Tables tables) {
    this.tables = tables;
    this.handler = new ReserveHandler(tables.settings(), tables.dynamoDb());
    tables.register(new TenantIds("domain", "project", "instance"));
  }

  @Override
  protected Tables tables() {
    return tables;
  }

  @Override
  protected ReceivedResponse send(TenantIds tenant, @Nullable String idempotencyKey, String body) {
    return new Caller(handler, tenant).send(body, idempotencyKey);
  }

  @Test
  void aReservationHasARandomPurchaseIdAndItsTime() {
    Instant before = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    String purchase = call(event(group)).purchaseId();
    assertTrue(purchase.matches(UUID_V4), purchase);
    Instant created = Instant.parse(tables.reservation(group).get("created_at"));
    assertFalse(created.isBefore(before) || created.isAfter(Instant.now()), created.toString());
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
    assertEquals("409 APIG.3402", call(event(spelling)).summary());
    assertEquals(Map.of(), tables.reservation(spelling));
  }

  @Test
  void a403DoesNotRevealItsCause() {
    tables.register(new TenantIds("domain", "other-project", "instance-of-another-project"));
    tables.register(new TenantIds("other-domain", "project", "instance-of-another-domain"));
    Set<String> responses = new HashSet<>();
    for (String instance :
        List.of("unknown", "instance-of-another-project", "instance-of-another-domain")) {
      ReceivedResponse response =
          call(
              event(group)
                  .withPathParameters(Map.of("project_id", "project", "instance_id", instance)));
      assertEquals(403, response.status());
      responses.add(response.headers() + response.body().toString());
    }
    assertEquals(1, responses.size());
    assertEquals(Map.of(), tables.reservation(group));
  }

  @Test
  void aRequestLogsOneLineWithItsDuration() throws JsonProcessingException {
    Duration taken = call(event(group)).duration();
    assertEquals(1, log.size());
    long logged = new JsonMapper().readTree(log.getFirst()).get("duration_ms").longValue();
    assertTrue(logged >= 0 && logged <= taken.toMillis(), logged + " of " + taken);
  }

  @Test
  void aFailureReturns500AndOnlyTheLogHasItsCause() {
    Settings wrong = new Settings("no-such-table", "no-such-table");
    ReceivedResponse response =
        call(new ReserveHandler(wrong, tables.dynamoDb()), event(group), Duration.ofSeconds(10));
    assertEquals("500 APIG.9999", response.summary());
    assertFalse(response.body().toString().contains("ResourceNotFound"), response::toString);
    assertTrue(log.getFirst().contains("ResourceNotFoundException"), log::toString);
    assertTrue(log.getFirst().contains("\"level\":\"ERROR\""), log::toString);
  }

  @Test
  void aThrottledCallReturnsItsCode() {
    DynamoDb throttling =
        StubHttp.open(request -> StubHttp.response(400, "{\"__type\": \"ThrottlingException\"}"));
    ReserveHandler throttled = new ReserveHandler(tables.settings(), throttling);
    assertEquals("500 APIG.9008", call(throttled, event(group), Duration.ofSeconds(10)).summary());
  }

  @Test
  void anInvocationWithoutTimeLeftReturns500AndWritesNothing() {
    Duration tooShort = ReserveHandler.MARGIN.minusMillis(1);
    assertEquals("500 APIG.9999", call(handler, event(group), tooShort).summary());
    assertEquals(Map.of(), tables.reservation(group));
  }

  private ReceivedResponse call(APIGatewayProxyRequestEvent event) {
    return call(handler, event, Duration.ofSeconds(10));
  }

  private ReceivedResponse call(
      ReserveHandler function, APIGatewayProxyRequestEvent event, Duration timeLeft) {
    long start = System.nanoTime();
    APIGatewayProxyResponseEvent response =
        function.handleRequest(event, new LocalContext("lambda-request", timeLeft, log::add));
    return ReceivedResponse.of(response, Duration.ofNanos(System.nanoTime() - start));
  }
}
