package dev.marketreserve;

import dev.marketreserve.chaos.Caller;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.http.ReserveContract;
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
    return new Caller(handler, tenant).send(body, idempotencyKey);
  }
}
