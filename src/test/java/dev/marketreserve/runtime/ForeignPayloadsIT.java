package dev.marketreserve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.Events;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.runtime.Completion.Failed;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Payloads that no gateway would send. None of them ends the runtime. */
@RuntimeTest
class ForeignPayloadsIT {

  private static final int MAX_PAYLOAD_BYTES = 6 * 1024 * 1024;

  private static final String SQS_EVENT =
      """
      {
        "Records": [
          {
            "messageId": "19dd0b57-b21e-4ac1-bd88-01bbb068cb78",
            "body": "{\\"group_id\\": \\"73c58022-f20d-495a-a188-85d718647f09\\"}",
            "attributes": {"ApproximateReceiveCount": "1"},
            "eventSource": "aws:sqs"
          }
        ]
      }
      """;

  private static final String HTTP_API_EVENT =
      """
      {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/v1/p/apigw/instances/i/market/api-groups/reserve",
        "cookies": ["cookie1"],
        "headers": {"x-domain-id": "d1,d2"},
        "requestContext": {"http": {"method": "POST"}, "requestId": "id"},
        "body": "{\\"group_id\\": \\"73c58022-f20d-495a-a188-85d718647f09\\"}",
        "isBase64Encoded": false
      }
      """;

  @AutoClose private static PackagedFunction function;

  @BeforeAll
  static void start(Tables tables) {
    PackagedFunction.registerTenant(tables);
    function = PackagedFunction.start(PackagedFunction.environment(tables));
  }

  @AfterEach
  void theNextRequestSucceeds() {
    assertEquals(201, function.reserve().status());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "7",
        "\"text\"",
        "[]",
        "{}",
        "{\"headers\": 7}",
        SQS_EVENT,
        HTTP_API_EVENT
      })
  void jsonThatIsNotAProxyEventIsABadRequest(String payload) {
    ReceivedResponse response = function.send(payload);

    assertEquals(400, response.status());
    assertEquals("APIG.2001", response.errorCode());
  }

  @Test
  void theLargestPayloadThatLambdaAcceptsIsABadRequest() {
    ObjectNode event = Events.load("reserve").put("body", "");
    int room = MAX_PAYLOAD_BYTES - event.toString().length();

    ReceivedResponse response = function.send(event.put("body", "g".repeat(room)));

    assertEquals(400, response.status());
    assertEquals("APIG.2006", response.errorCode());
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "no JSON"})
  void invalidJsonIsARuntimeError(String payload) {
    Failed failed = assertInstanceOf(Failed.class, function.invoke(payload));

    assertEquals("Runtime.UserException", failed.type());
  }
}
