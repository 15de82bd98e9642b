package dev.marketreserve;

import static dev.marketreserve.dynamodb.RehearsedDynamoDb.ID;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.Owner;
import dev.marketreserve.dynamodb.RetryBudget;
import dev.marketreserve.dynamodb.Tables;
import java.net.URI;
import java.util.List;
import org.crac.Core;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(DynamoDbExtension.class)
class PrimingTest {

  private final Tables tables;

  PrimingTest(Tables tables) {
    this.tables = tables;
  }

  @Test
  void itWritesNothingEvenWhereItsIdsAreRegistered() {
    tables.register(new Owner(ID, ID, ID));
    new Priming(tables.settings(), RetryBudget.clientBuilder().build())
        .beforeCheckpoint(Core.getGlobalContext());
    assertEquals(List.of(), tables.reservations());
  }

  @Test
  void aDynamoDbOutOfReachDoesNotStopTheSnapshot() {
    new Priming(
            tables.settings(),
            RetryBudget.clientBuilder().endpointOverride(URI.create("http://127.0.0.1:1")).build())
        .beforeCheckpoint(Core.getGlobalContext());
  }
}
