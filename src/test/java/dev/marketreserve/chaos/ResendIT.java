package dev.marketreserve.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.ReserveHandler;
import dev.marketreserve.chaos.Fault.Symptom;
import dev.marketreserve.chaos.FaultyDynamoDb.Call;
import dev.marketreserve.dynamodb.DeadlineClient;
import dev.marketreserve.dynamodb.DynamoDbExtension;
import dev.marketreserve.dynamodb.DynamoDbServer;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.Tenant;
import dev.marketreserve.http.ReceivedResponse;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClientBuilder;

/** Attempts that the JDK sends again because their connection ended without an answer. */
@ExtendWith(DynamoDbExtension.class)
class ResendIT {

  private static final Duration MOST_OF_AN_ATTEMPT = Duration.ofMillis(700);

  private final Tables tables;
  private final Tenant tenant = new Tenant("domain", "project", "instance");
  private final String group = UUID.randomUUID().toString();
  private final Queue<Call> calls = new ConcurrentLinkedQueue<>();
  private final Queue<Delayed> next = new ConcurrentLinkedQueue<>();
  private Predicate<Call> faulty = call -> false;
  private Fault lasting = Fault.NONE;
  private final FaultyDynamoDb dynamoDb;
  private final ReserveHandler function;

  ResendIT(Tables tables) {
    this.tables = tables;
    this.dynamoDb = FaultyDynamoDb.start(tables.endpoint(), this::nextFault);
    this.function = function(DeadlineClient.builder());
  }

  private ReserveHandler function(DynamoDbClientBuilder client) {
    return new ReserveHandler(
        tables.settings(), DynamoDbServer.pointTo(dynamoDb.endpoint(), client).build());
  }

  @BeforeEach
  void registerTheTenant() {
    tables.register(tenant);
  }

  @AfterEach
  void stop() {
    dynamoDb.close();
  }

  @Test
  void aLostWriteIsAnsweredByTheResend() {
    faulty = Call::isWrite;
    next.add(new Delayed(Duration.ZERO, Fault.after(Symptom.CLOSED)));

    assertReserved(new Caller(function, tenant).reserve(group, null));

    assertEquals(List.of(1, 1), attempts(Call::isWrite));
  }

  @Test
  void anAttemptIsSentTwiceAtMost() {
    faulty = call -> true;
    lasting = Fault.before(Symptom.CLOSED);

    assertEquals("500 APIG.9999", new Caller(function, tenant).reserve(group, null).summary());

    assertEquals(List.of(1, 1, 2, 2, 3, 3), attempts(Call::readsOwner));
  }

  @Test
  void anAttemptThatTookTooLongIsNotSentAgain() {
    faulty = call -> true;
    next.add(new Delayed(Duration.ZERO, Fault.before(Symptom.LATE)));

    assertReserved(new Caller(function, tenant).reserve(group, null));

    assertEquals(List.of(1, 2), attempts(Call::readsOwner));
  }

  @Test
  void anAttemptAndItsResendShareOneSecond() {
    faulty = call -> true;
    next.add(new Delayed(MOST_OF_AN_ATTEMPT, Fault.before(Symptom.CLOSED)));
    next.add(new Delayed(MOST_OF_AN_ATTEMPT, Fault.NONE));

    assertReserved(new Caller(function, tenant).reserve(group, null));

    assertEquals(List.of(1, 1, 2), attempts(Call::readsOwner));
  }

  @Test
  void theDeadlineHoldsForAResendToo() {
    Duration timeLeft = Duration.ofMillis(1200);
    faulty = Call::isWrite;
    next.add(new Delayed(Duration.ofMillis(200), Fault.before(Symptom.CLOSED)));
    next.add(new Delayed(Duration.ZERO, Fault.before(Symptom.LATE)));

    ReceivedResponse response = new Caller(function, tenant).reserveWithin(timeLeft, group);

    assertEquals("500 APIG.9999", response.summary());
    assertTrue(response.duration().compareTo(timeLeft) < 0, response::toString);
    assertEquals(List.of(1, 1), attempts(Call::isWrite));
  }

  @Test
  void aCallWhoseSignedHeaderIsChangedOnTheWayIsRefused() {
    ReserveHandler changed =
        function(DeadlineClient.builder(new HeaderChanger(UrlConnectionHttpClient.create())));

    assertEquals("500 APIG.9999", new Caller(changed, tenant).reserve(group, null).summary());
    assertReserved(new Caller(function, tenant).reserve(group, null));
  }

  private void assertReserved(ReceivedResponse response) {
    assertEquals("201", response.summary());
    assertEquals(response.purchaseId(), tables.reservation(group).get("purchase_id"));
  }

  /** The numbers of the attempts, one for each time they were sent. */
  private List<Integer> attempts(Predicate<Call> of) {
    return calls.stream().filter(of).map(Call::attempt).toList();
  }

  private Fault nextFault(Call call) {
    calls.add(call);
    if (!faulty.test(call)) {
      return Fault.NONE;
    }
    Delayed delayed = next.poll();
    return delayed == null ? lasting : delayed.fault();
  }

  /** A fault that comes after a while. */
  private record Delayed(Duration delay, Fault fault) {
    @Override
    public Fault fault() {
      try {
        Thread.sleep(delay);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return fault;
    }
  }

  /** An HTTP client that sends another header than the one that was signed. */
  private record HeaderChanger(SdkHttpClient client) implements SdkHttpClient {
    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
      return client.prepareRequest(
          HttpExecuteRequest.builder()
              .request(
                  request.httpRequest().toBuilder()
                      .putHeader("Content-Type", "application/json")
                      .build())
              .contentStreamProvider(request.contentStreamProvider().orElseThrow())
              .build());
    }

    @Override
    public void close() {
      client.close();
    }
  }
}
