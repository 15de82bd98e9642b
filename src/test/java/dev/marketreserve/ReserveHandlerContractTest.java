package dev.marketreserve;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.http.ReserveContract;
import dev.marketreserve.local.LocalContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

@Tag("dynamodb")
@ExtendWith(DynamoDbExtension.class)
class ReserveHandlerContractTest extends ReserveContract {

  private final Tables tables;
  private final ReserveHandler handler;

  ReserveHandlerContractTest(Tables tables) {
    this.tables = tables;
    this.handler = new ReserveHandler(tables.settings(), tables.dynamoDb());
  }

  @Override
  protected Tables tables() {
    return tables;
  }

  @Override
  protected ReceivedResponse send(TenantIds tenant, @Nullable String idempotencyKey, String body) {
    Map<String, String> headers = new HashMap<>(Map.of("x-domain-id", tenant.domainId()));
    if (idempotencyKey != null) {
      headers.put("idempotency-key", idempotencyKey);
    }
    APIGatewayProxyRequestEvent event =
        new APIGatewayProxyRequestEvent()
            .withPathParameters(
                Map.of("project_id", tenant.projectId(), "instance_id", tenant.instanceId()))
            .withHeaders(headers)
            .withBody(body);
    LocalContext context = new LocalContext("request", Duration.ofSeconds(10), line -> {});
    return ReceivedResponse.of(handler.handleRequest(event, context), Duration.ZERO);
  }
}
