package dev.marketreserve.runtime;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.Events;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.http.ReserveContract;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;

@RuntimeTest
class PackagedFunctionContractIT extends ReserveContract {

  @AutoClose private static PackagedFunction function;

  private final Tables tables;

  PackagedFunctionContractIT(Tables tables) {
    this.tables = tables;
  }

  @BeforeAll
  static void start(Tables tables) {
    function = PackagedFunction.start(PackagedFunction.environment(tables));
  }

  @Override
  protected Tables tables() {
    return tables;
  }

  @Override
  protected ReceivedResponse send(TenantIds tenant, @Nullable String idempotencyKey, String body) {
    ObjectNode event = Events.load("reserve").put("body", body);
    ObjectNode headers = event.putObject("headers").put("X-Domain-Id", tenant.domainId());
    if (idempotencyKey != null) {
      headers.put("Idempotency-Key", idempotencyKey);
    }
    event.putNull("multiValueHeaders");
    event
        .putObject("pathParameters")
        .put("project_id", tenant.projectId())
        .put("instance_id", tenant.instanceId());
    return function.send(event);
  }
}
