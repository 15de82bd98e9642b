package dev.marketreserve;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import com.sun.management.ThreadMXBean;
import dev.marketreserve.dynamodb.RehearsedDynamoDb;
import dev.marketreserve.dynamodb.RetryBudget;
import dev.marketreserve.http.ProxySerializer;
import dev.marketreserve.local.LocalContext;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** The memory that the path of a request takes, event to response, without a network. */
class AllocationTest {

  private static final int REQUESTS = 200;
  private static final long MAX_BYTES = 160_000;

  private static final String EVENT =
      """
      {"headers": {"X-Domain-Id": "priming"},
       "pathParameters": {"project_id": "priming", "instance_id": "priming"},
       "body": "{\\"group_id\\": \\"priming\\"}"}
      """;

  private final ProxySerializer serializer = new ProxySerializer();

  @Test
  void aRequestAllocatesLittle() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (DynamoDbClient client =
        RetryBudget.clientBuilder()
            .region(Region.US_EAST_1)
            .credentialsProvider(AnonymousCredentialsProvider.create())
            .httpClientBuilder(defaults -> new RehearsedDynamoDb())
            .build()) {
      ReserveHandler function = new ReserveHandler(new Settings("R", "O"), client);
      send(function);
      long before = threads.getCurrentThreadAllocatedBytes();
      send(function);
      long bytes = (threads.getCurrentThreadAllocatedBytes() - before) / REQUESTS;
      assertTrue(bytes <= MAX_BYTES, bytes + " bytes a request");
    }
  }

  private void send(ReserveHandler function) {
    for (int i = 0; i < REQUESTS; i++) {
      APIGatewayProxyRequestEvent event =
          serializer.fromJson(EVENT, APIGatewayProxyRequestEvent.class);
      APIGatewayProxyResponseEvent response =
          function.handleRequest(
              event, new LocalContext("request", Duration.ofSeconds(10), line -> {}));
      serializer.toJson(response, new ByteArrayOutputStream(), APIGatewayProxyResponseEvent.class);
    }
  }
}
