package dev.marketreserve.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.ReserveHandler;
import dev.marketreserve.chaos.Fault.Symptom;
import dev.marketreserve.chaos.FaultyDynamoDb.Call;
import dev.marketreserve.dynamodb.DynamoDb;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.DynamoDbServer;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReceivedResponse;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/** Faults below HTTP: every request must still end by its deadline. */
@ExtendWith(DynamoDbExtension.class)
class WireIT {

  private static final Duration TIME_LEFT = Duration.ofMillis(1500);
  private static final int AT_ONCE = 16;

  private final Tables tables;
  private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
  private volatile Fault fault = Fault.NONE;
  private final FaultyDynamoDb faulty;
  private final Wire wire;
  private final DynamoDb dynamoDb;
  private final Caller caller;

  WireIT(Tables tables) {
    this.tables = tables;
    this.faulty =
        FaultyDynamoDb.start(
            tables.endpoint(),
            call -> {
              calls.add(call);
              return fault;
            });
    this.wire = Wire.to(faulty.endpoint());
    this.dynamoDb = FaultyDynamoDb.open(wire.endpoint());
    TenantIds tenant = new TenantIds("domain", "project", "instance");
    tables.register(tenant);
    this.caller = new Caller(new ReserveHandler(tables.settings(), dynamoDb), tenant);
  }

  /** Loads the classes and opens a connection. */
  @BeforeEach
  void warmUp() {
    faulty.warmUp(caller);
    calls.clear();
  }

  @AfterEach
  void stop() {
    wire.close();
    dynamoDb.close();
    faulty.close();
  }

  @Test
  void hangingHandshakesEndByTheDeadlineAndDoNotBlockLaterCalls() throws Exception {
    wire.stall();
    wire.cut();
    assertAllFailInTime();
    assertAllFailInTime();
    wire.stall(); // The connections opened so far hang for ever.
    Thread.sleep(Duration.ofSeconds(1));
    wire.release();
    assertEquals("201", caller.reserve(UUID.randomUUID().toString(), null).summary());
  }

  @Test
  void nothingIsSentAfterTheDeadline() throws Exception {
    wire.stall();
    wire.cut();
    for (int i = 0; i < AT_ONCE; i++) {
      ReceivedResponse response =
          caller.reserveWithin(Duration.ofMillis(400), UUID.randomUUID().toString());
      assertEquals("500 APIG.9999", response.summary());
    }
    wire.release();
    Thread.sleep(Duration.ofMillis(700));
    faulty.awaitQuiet();
    assertEquals(List.of(), List.copyOf(calls));
  }

  @Test
  void aDrippingTlsRecordEndsByTheDeadline() throws Exception {
    wire.drip(Duration.ofMillis(20));
    assertAllFailInTime();
  }

  @ParameterizedTest
  @EnumSource(
      value = Symptom.class,
      names = {"LATE", "DRIPPING", "STALLED_BODY", "LATE_STALLED_BODY"})
  void slowResponsesEndByTheDeadlineForManyCallersAtOnce(Symptom symptom) throws Exception {
    fault = Fault.after(symptom);
    assertAllFailInTime();
  }

  @Test
  void aRetryWithoutTimeLeftCostsNoRetryToken() throws Exception {
    fault = Fault.before(Symptom.HTTP_503);
    Duration tooShortForARetry = Duration.ofMillis(380);
    // 500 tokens are 100 retries. On a busy machine some calls do not arrive in time.
    for (int sent = 0; sent < 1000 && calls.size() < 110; sent++) {
      assertEquals(
          500, caller.reserveWithin(tooShortForARetry, UUID.randomUUID().toString()).status());
    }
    assertEquals(110, calls.size());

    Thread.sleep(Duration.ofMillis(300)); // The last one may still arrive.
    faulty.awaitQuiet();
    calls.clear();
    assertEquals("500 APIG.9999", caller.reserve(UUID.randomUUID().toString(), null).summary());
    assertEquals(3, calls.size());
  }

  @ParameterizedTest
  @CsvSource({"CLOCK_SKEW,2", "EXPIRED_TOKEN,1", "UNRECOGNIZED_CLIENT,1", "ACCESS_DENIED,1"})
  void refusedCredentialsAndSignaturesAreAnUnknownOutcome(Symptom symptom, int attempts) {
    fault = Fault.before(symptom);
    assertEquals("500 APIG.9999", caller.reserve(UUID.randomUUID().toString(), null).summary());
    assertEquals(attempts, calls.size());
    fault = Fault.NONE;
    assertEquals("201", caller.reserve(UUID.randomUUID().toString(), null).summary());
  }

  @Test
  void aSignatureWithAnotherSecretIsRefused() {
    AwsBasicCredentials stranger = AwsBasicCredentials.create("local", "another");
    try (DynamoDb dynamoDb =
        DynamoDb.open(
            FaultyDynamoDb.http(),
            client ->
                DynamoDbServer.pointTo(faulty.endpoint(), client)
                    .credentialsProvider(StaticCredentialsProvider.create(stranger)))) {
      Caller other = new Caller(new ReserveHandler(tables.settings(), dynamoDb), caller.tenant());
      assertEquals("500 APIG.9999", other.reserve(UUID.randomUUID().toString(), null).summary());
    }
  }

  private void assertAllFailInTime() throws Exception {
    String group = UUID.randomUUID().toString();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<ReceivedResponse>> all =
          Collections.nCopies(AT_ONCE, () -> caller.reserveWithin(TIME_LEFT, group));
      for (Future<ReceivedResponse> call : callers.invokeAll(all)) {
        ReceivedResponse response = call.get();
        assertEquals("500 APIG.9999", response.summary());
        assertTrue(response.duration().compareTo(TIME_LEFT) < 0, response::toString);
      }
    }
    assertEquals(Map.of(), tables.reservation(group));
  }
}
