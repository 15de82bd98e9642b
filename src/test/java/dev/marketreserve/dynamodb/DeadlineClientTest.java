package dev.marketreserve.dynamodb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.marketreserve.snapstart.CannedDynamoDb;
import java.net.URI;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

class DeadlineClientTest {

  @Test
  void aCallWithoutADeadlineIsAFaultOfTheProgram() {
    try (DynamoDbClient client =
        DynamoDbServer.pointTo(
                URI.create("http://127.0.0.1:1"), DeadlineClient.builder(new CannedDynamoDb()))
            .build()) {
      IllegalStateException e =
          assertThrows(IllegalStateException.class, () -> client.getItem(get -> {}));
      assertEquals("A call to DynamoDB without a deadline", e.getMessage());
    }
  }
}
