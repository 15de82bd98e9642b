package dev.marketreserve.bench;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.ReserveHandler;
import dev.marketreserve.Settings;
import dev.marketreserve.dynamodb.DynamoDb;
import dev.marketreserve.http.ProxySerializer;
import dev.marketreserve.local.LocalContext;
import dev.marketreserve.snapstart.CannedDynamoDb;
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

  private static final byte[] RESERVED = event(CannedDynamoDb.FREE_GROUP);
  private static final byte[] CONFLICT = event(CannedDynamoDb.TAKEN_GROUP);

  private final ProxySerializer serializer = new ProxySerializer();
  private final DynamoDb dynamoDb = CannedDynamoDb.open();
  private final ReserveHandler function = new ReserveHandler(new Settings("R", "O"), dynamoDb);
  private boolean conflict;

  /**
   * The bytes of one response.
   *
   * @throws IllegalStateException where the response is not the expected one
   */
  @Benchmark
  public byte[] request() {
    conflict = !conflict;
    APIGatewayProxyRequestEvent event =
        serializer.fromJson(
            new ByteArrayInputStream(conflict ? CONFLICT : RESERVED),
            APIGatewayProxyRequestEvent.class);
    APIGatewayProxyResponseEvent response =
        function.handleRequest(
            event, new LocalContext("request", Duration.ofSeconds(10), line -> {}));
    if (response.getStatusCode() != (conflict ? 409 : 201)) {
      throw new IllegalStateException("Not the expected response: " + response);
    }
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    serializer.toJson(response, output, APIGatewayProxyResponseEvent.class);
    return output.toByteArray();
  }

  private static byte[] event(String group) {
    return """
        {"headers": {"X-Domain-Id": "%1$s"},
         "pathParameters": {"project_id": "%1$s", "instance_id": "%1$s"},
         "body": "{\\"group_id\\": \\"%2$s\\"}"}
        """
        .formatted(CannedDynamoDb.TENANT, group)
        .getBytes(StandardCharsets.UTF_8);
  }

  @Override
  @TearDown
  public void close() {
    dynamoDb.close();
  }
}
