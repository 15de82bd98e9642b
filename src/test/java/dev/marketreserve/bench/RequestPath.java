package dev.marketreserve.bench;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.ReserveHandler;
import dev.marketreserve.Settings;
import dev.marketreserve.dynamodb.RehearsedDynamoDb;
import dev.marketreserve.dynamodb.RetryBudget;
import dev.marketreserve.http.ProxySerializer;
import dev.marketreserve.local.LocalContext;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * The path of a request alone, from the bytes of the event to the bytes of the response, both calls
 * of the SDK among it, on a DynamoDB that answers from memory. Every second request meets a
 * conflict.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 3,
    jvmArgsAppend = {"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class RequestPath implements AutoCloseable {

  private static final byte[] EVENT =
      """
      {"headers": {"X-Domain-Id": "%1$s"},
       "pathParameters": {"project_id": "%1$s", "instance_id": "%1$s"},
       "body": "{\\"group_id\\": \\"%1$s\\"}"}
      """
          .formatted(RehearsedDynamoDb.ID)
          .getBytes(StandardCharsets.UTF_8);

  private final ProxySerializer serializer = new ProxySerializer();
  private final DynamoDbClient dynamoDb =
      RetryBudget.clientBuilder()
          .region(Region.US_EAST_1)
          .credentialsProvider(AnonymousCredentialsProvider.create())
          .httpClientBuilder(defaults -> new RehearsedDynamoDb())
          .build();
  private final ReserveHandler function = new ReserveHandler(new Settings("R", "O"), dynamoDb);

  /** The response to one request. */
  @Benchmark
  public byte[] request() {
    APIGatewayProxyRequestEvent event =
        serializer.fromJson(new ByteArrayInputStream(EVENT), APIGatewayProxyRequestEvent.class);
    APIGatewayProxyResponseEvent response =
        function.handleRequest(
            event, new LocalContext("request", Duration.ofSeconds(10), line -> {}));
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    serializer.toJson(response, output, APIGatewayProxyResponseEvent.class);
    return output.toByteArray();
  }

  @Override
  @TearDown
  public void close() {
    dynamoDb.close();
  }
}
