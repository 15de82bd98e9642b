package dev.marketreserve.dynamodb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.snapstart.CannedDynamoDb;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.GetItemResponse;

class DeadlineClientTest {

  private final List<HttpExecuteRequest> sent = new ArrayList<>();
  private final DynamoDbClient client =
      DynamoDbServer.pointTo(URI.create("http://127.0.0.1:1"), DeadlineClient.builder())
          .httpClientBuilder(defaults -> new RecordingDynamoDb())
          .build();

  @Test
  void aRequestKeepsTheConfigurationThatItHas() {
    DeadlineClient.callBefore(Deadline.in(Duration.ofSeconds(10)), "read", this::read);
    assertEquals(
        "kept", sent.getFirst().httpRequest().firstMatchingHeader("X-Own-Header").orElseThrow());
  }

  @Test
  void aCallWithoutADeadlineIsAFaultOfTheProgram() {
    IllegalStateException e = assertThrows(IllegalStateException.class, this::read);
    assertEquals("A call to DynamoDB without a deadline", e.getMessage());
  }

  private GetItemResponse read() {
    return client.getItem(
        get ->
            get.tableName("table")
                .key(Map.of("instance_id", AttributeValue.fromS("instance")))
                .overrideConfiguration(o -> o.putHeader("X-Own-Header", "kept")));
  }

  private final class RecordingDynamoDb implements SdkHttpClient {

    private final CannedDynamoDb canned = new CannedDynamoDb();

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
      sent.add(request);
      return canned.prepareRequest(request);
    }

    @Override
    public void close() {
      canned.close();
    }
  }
}
