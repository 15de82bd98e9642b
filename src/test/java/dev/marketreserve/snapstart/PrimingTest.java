package dev.marketreserve.snapstart;

import static dev.marketreserve.snapstart.CannedDynamoDb.TENANT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.dynamodb.DeadlineClient;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.DynamoDbServer;
import dev.marketreserve.dynamodb.InstanceOwnersTable;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.Tenant;
import dev.marketreserve.reservation.InstanceOwners;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.crac.Core;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbEnhancedClient;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.SdkHttpClient;

@Isolated("reads standard error")
@ExtendWith(DynamoDbExtension.class)
class PrimingTest {

  private final Tables tables;

  PrimingTest(Tables tables) {
    this.tables = tables;
  }

  @Test
  void itWritesNothingEvenWhereItsTenantIsRegistered() {
    tables.register(new Tenant(TENANT, TENANT, TENANT));
    assertEquals("", prime(ownersAt(tables.endpoint()), new CannedDynamoDb()));
    assertEquals(List.of(), tables.reservations());
  }

  @Test
  void aDynamoDbOutOfReachLeavesOneLineAndDoesNotStopTheSnapshot() {
    String log = prime(ownersAt(URI.create("http://127.0.0.1:1")), new CannedDynamoDb());
    assertTrue(log.matches("Primed without DynamoDB: .*SdkClientException: .*\n"), log);
  }

  @Test
  void whenTimeRunsOutBetweenTwoReadsTheLineSaysSo() {
    InstanceOwners slow =
        (domain, project, instance, deadline) -> {
          throw new UnknownOutcomeException("No time was left to read");
        };
    String log = prime(slow, new CannedDynamoDb());
    assertTrue(log.startsWith("Primed without DynamoDB: "), log);
    assertTrue(log.endsWith("No time was left to read\n"), log);
  }

  @Test
  void rehearsalsThatFailLeaveOneLine() {
    String log = prime(ownersAt(tables.endpoint()), new BrokenDynamoDb());
    assertEquals("Not primed: 1600 of 1600 rehearsals got another status than expected\n", log);
  }

  private InstanceOwners ownersAt(URI endpoint) {
    return new InstanceOwnersTable(
        DynamoDbEnhancedClient.builder()
            .dynamoDbClient(DynamoDbServer.pointTo(endpoint, DeadlineClient.builder()).build())
            .build(),
        tables.settings().instanceOwnersTable());
  }

  /** Runs the hook and returns the lines that it leaves on standard error. */
  private String prime(InstanceOwners owners, SdkHttpClient canned) {
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream standardError = System.err;
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    try {
      new Priming(owners, DynamoDbServer.pointTo(tables.endpoint(), DeadlineClient.builder(canned)))
          .beforeCheckpoint(Core.getGlobalContext());
    } finally {
      System.setErr(standardError);
    }
    return log.toString(StandardCharsets.UTF_8);
  }

  /** A DynamoDB that fails in a way that is not retried. */
  private static final class BrokenDynamoDb implements SdkHttpClient {
    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
      throw new IllegalStateException("broken on purpose");
    }

    @Override
    public void close() {}
  }
}
