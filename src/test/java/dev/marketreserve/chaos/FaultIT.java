package dev.marketreserve.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.ReserveHandler;
import dev.marketreserve.chaos.Fault.Symptom;
import dev.marketreserve.chaos.FaultyDynamoDb.Call;
import dev.marketreserve.dynamodb.DynamoDb;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReceivedResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The response to one caller when DynamoDB fails in one way. */
@Execution(ExecutionMode.CONCURRENT)
@ExtendWith(DynamoDbExtension.class)
class FaultIT {

  private final Tables tables;
  private final TenantIds tenant = new TenantIds("domain", "project", "instance");
  private final TenantIds rival = new TenantIds("rival", "project", "rivals-instance");
  private final String group = UUID.randomUUID().toString();
  private final Map<Step, Queue<Fault>> faults = new ConcurrentHashMap<>();
  private final Map<Step, Fault> lastingFaults = new ConcurrentHashMap<>();
  private final Queue<String> attempts = new ConcurrentLinkedQueue<>();
  private volatile Runnable beforeRead = () -> {};
  private final FaultyDynamoDb dynamoDb;
  private final DynamoDb client;
  private final ReserveHandler function;

  FaultIT(Tables tables) {
    this.tables = tables;
    this.dynamoDb = FaultyDynamoDb.start(tables.endpoint(), this::nextFault);
    this.client = dynamoDb.open();
    this.function = new ReserveHandler(tables.settings(), client);
  }

  /** Loads the classes, so that no test has to wait for that. */
  @BeforeAll
  static void warmUp(Tables tables) {
    TenantIds tenant = new TenantIds("warm-up", "project", "warm-up");
    tables.register(tenant);
    try (FaultyDynamoDb dynamoDb = FaultyDynamoDb.start(tables.endpoint(), call -> Fault.NONE);
        DynamoDb client = dynamoDb.open()) {
      dynamoDb.warmUp(new Caller(new ReserveHandler(tables.settings(), client), tenant));
    }
  }

  @BeforeEach
  void registerTheTenants() {
    tables.register(tenant);
    tables.register(rival);
  }

  @AfterEach
  void stop() {
    client.close();
    dynamoDb.close();
  }

  @ParameterizedTest
  @MethodSource("faults")
  void oneFailedOwnershipCheckIsRetried(Fault fault) {
    meet(Step.CHECK, fault);
    assertReserved(reserve());
  }

  @ParameterizedTest
  @MethodSource("faults")
  void oneFailedWriteIsRetried(Fault fault) {
    meet(Step.WRITE, fault);
    ReceivedResponse response = reserve();
    dynamoDb.awaitQuiet(); // A write that arrives after its retry changes nothing.
    assertReserved(response);
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFailedWriteNeverReservesAGroupTwice(Fault fault) {
    ReceivedResponse first = caller(rival).reserve(group, null);
    assertEquals(201, first.status());
    meet(Step.WRITE, fault);
    assertEquals("409 APIG.3402", reserve().summary());
    assertEquals(first.purchaseId(), tables.reservation(group).get("purchase_id"));
  }

  @ParameterizedTest
  @MethodSource("lastingFaults")
  void aLastingFaultOfTheOwnershipCheckReturns500AndWritesNothing(Fault fault) {
    last(Step.CHECK, fault);
    assertFailed(fault, reserve());
    assertTrue(tables.reservation(group).isEmpty());
  }

  @ParameterizedTest
  @MethodSource("lastingFaults")
  void aLastingFaultOfTheWriteReturns500AndARetryWithTheKeySettlesIt(Fault fault) {
    last(Step.WRITE, fault);
    assertFailed(fault, reserve("key"));
    lastingFaults.clear();
    dynamoDb.awaitQuiet();
    assertReserved(reserve("key"));
  }

  @ParameterizedTest
  @MethodSource("lastingFaults")
  void aLastingFaultOfTheReadAfterAConflictReturns500(Fault fault) {
    assertEquals(201, caller(rival).reserve(group, null).status());
    last(Step.WRITE, Fault.after(Symptom.ITEM_MISSING));
    last(Step.READ, fault);
    assertFailed(fault, reserve());
  }

  @Test
  void aConflictWithoutItsItemIsSettledByOneRead() {
    last(Step.WRITE, Fault.after(Symptom.ITEM_MISSING));
    assertEquals(201, caller(rival).reserve(group, null).status());
    attempts.clear();
    assertEquals("409 APIG.3402", reserve().summary());
    assertAttempts("CHECK 1", "WRITE 1", "READ 1");
  }

  @Test
  void aReleaseBeforeTheReadCausesA500() {
    assertEquals(201, caller(rival).reserve(group, null).status());
    last(Step.WRITE, Fault.after(Symptom.ITEM_MISSING));
    beforeRead = () -> tables.release(group);
    assertEquals("500 APIG.9999", reserve().summary());
    assertEquals(Map.of(), tables.reservation(group));
  }

  @Test
  void anOwnWriteIsRecognisedByTheReadToo() {
    meet(Step.WRITE, Fault.after(Symptom.RESET), Fault.after(Symptom.ITEM_MISSING));
    assertReserved(reserve());
    assertAttempts("CHECK 1", "WRITE 1", "WRITE 2", "READ 1");
  }

  @Test
  void aRetryRecognisesItsOwnWriteWithoutARead() {
    meet(Step.WRITE, Fault.after(Symptom.CLOSED));
    assertReserved(reserve());
    assertAttempts("CHECK 1", "WRITE 1", "WRITE 2");
  }

  @Test
  void aRetryWithTheKeyNeedsNoExtraOperation() {
    ReceivedResponse first = reserve("key");
    attempts.clear();
    ReceivedResponse second = reserve("key");
    assertReserved(second);
    assertEquals(first.purchaseId(), second.purchaseId());
    assertTrue(second.replayed());
    assertAttempts("CHECK 1", "WRITE 1");
  }

  @Test
  void throttlingIsReportedEvenIfNoTimeIsLeftForARetry() {
    last(Step.WRITE, Fault.before(Symptom.THROTTLING));
    assertEquals("500 APIG.9008", reserve().summary());
    int inARow = 0;
    for (int i = 0; i < 40 && inARow < 12; i++) {
      attempts.clear();
      ReceivedResponse response = caller(tenant).reserveWithin(Duration.ofMillis(700), group);
      // On a busy machine the time can be over before the write, or before its response is read. If
      // the function paused beyond the deadline, every second call would return another code. After
      // about 50 throttled calls the SDK stops retrying, so this test makes fewer.
      if (attempts.contains("WRITE 1")) {
        inARow = response.summary().equals("500 APIG.9008") ? inARow + 1 : 0;
      }
    }
    assertEquals(12, inARow);
  }

  @Test
  void aLastingOutageLeavesOneAttemptPerOperation() {
    last(Step.CHECK, Fault.before(Symptom.HTTP_503));
    for (int i = 0; i < 60; i++) {
      assertEquals(500, reserve().status());
    }
    attempts.clear();
    assertEquals("500 APIG.9999", reserve().summary());
    assertAttempts("CHECK 1");
  }

  @Test
  void connectionsClosedWhileIdleCostNoAttempt() {
    openOneConnection();
    dynamoDb.closeConnections();
    assertReserved(reserve());
    assertAttempts("CHECK 1", "WRITE 1");
  }

  @Test
  void aSilentConnectionAfterAFreezeCostsOneAttempt() {
    openOneConnection();
    dynamoDb.silenceConnections();
    assertReserved(reserve());
    assertAttempts("CHECK 2", "WRITE 1");
  }

  @Test
  void aDeadConnectionAfterAFreezeCostsOneAttempt() {
    openOneConnection();
    dynamoDb.killConnections();
    assertReserved(reserve());
    assertAttempts("CHECK 2", "WRITE 1");
  }

  /**
   * Makes only the ownership check: a write that follows it at once may open a second connection.
   */
  private void openOneConnection() {
    TenantIds nobody = new TenantIds("nobody", "project", "instance");
    assertEquals("403 APIG.1136", caller(nobody).reserve(group, null).summary());
    attempts.clear();
  }

  private ReceivedResponse reserve() {
    return reserve(null);
  }

  private ReceivedResponse reserve(@Nullable String idempotencyKey) {
    return caller(tenant).reserve(group, idempotencyKey);
  }

  private Caller caller(TenantIds tenant) {
    return new Caller(function, tenant);
  }

  private void assertReserved(ReceivedResponse response) {
    assertEquals("201", response.summary());
    assertEquals(response.purchaseId(), tables.reservation(group).get("purchase_id"));
    assertInTime(response);
  }

  private static void assertFailed(Fault fault, ReceivedResponse response) {
    assertEquals(
        fault.symptom().isThrottling() ? "500 APIG.9008" : "500 APIG.9999", response.summary());
    assertInTime(response);
  }

  private static void assertInTime(ReceivedResponse response) {
    assertTrue(response.duration().compareTo(Duration.ofSeconds(5)) < 0, response::toString);
  }

  /**
   * Asserts which attempts have arrived since the last {@code attempts.clear()}, with their
   * numbers.
   */
  private void assertAttempts(String... expected) {
    assertEquals(List.of(expected), List.copyOf(attempts));
  }

  /** Gives the next attempts of a step one of these faults each. */
  private void meet(Step step, Fault... next) {
    faults.put(step, new ArrayDeque<>(List.of(next)));
  }

  /** Gives every attempt of a step this fault. */
  private void last(Step step, Fault fault) {
    lastingFaults.put(step, fault);
  }

  private synchronized Fault nextFault(Call call) {
    Step step = Step.of(call);
    attempts.add(step + " " + call.attempt());
    if (step == Step.READ) {
      beforeRead.run();
    }
    Fault next = faults.getOrDefault(step, new ArrayDeque<>()).poll();
    return next == null ? lastingFaults.getOrDefault(step, Fault.NONE) : next;
  }

  static List<Fault> faults() {
    return Fault.all();
  }

  /** The faults that leave an attempt without a usable response. */
  static Stream<Fault> lastingFaults() {
    return Stream.concat(
        Fault.all().stream().filter(fault -> fault.symptom() != Symptom.ITEM_MISSING),
        Stream.of(Symptom.values()).filter(Symptom::isRefusal).map(Fault::before));
  }

  /** One of a request's operations. */
  private enum Step {
    CHECK,
    WRITE,
    READ;

    static Step of(Call call) {
      if (call.isWrite()) {
        return WRITE;
      }
      return call.readsOwner() ? CHECK : READ;
    }
  }
}
