package dev.marketreserve.dynamodb;

import static dev.marketreserve.dynamodb.StubHttp.response;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.http.AbortableInputStream;

class DynamoDbTest {

  /** The HTTP client connects only after the deadline, and ignores interrupts until then. */
  @Test
  void aRequestBodyCannotBeReadOnceTheDeadlineIsOver() throws Exception {
    Deadline deadline = Deadline.in(Duration.ofMillis(500));
    CompletableFuture<Throwable> read = new CompletableFuture<>();
    StubHttp.Responder late =
        request -> {
          while (deadline.remaining().isPositive()) {
            Thread.onSpinWait();
          }
          try {
            request.contentStreamProvider().orElseThrow().newStream();
            read.complete(new AssertionError("The body was read"));
          } catch (RuntimeException e) {
            read.complete(e);
          }
          throw new IllegalStateException("No response");
        };
    try (DynamoDb dynamoDb = StubHttp.open(late)) {
      assertThrows(UnknownOutcomeException.class, () -> call(dynamoDb, deadline));
      assertInstanceOf(AbortedException.class, read.get(10, TimeUnit.SECONDS));
    }
  }

  /** Closing the body could close the connection, which the next operation needs. */
  @Test
  void aResponseThatWasReadToItsEndIsNotClosed() {
    AtomicBoolean closed = new AtomicBoolean();
    InputStream body =
        new ByteArrayInputStream("{\"Table\": {}}".getBytes(StandardCharsets.UTF_8)) {
          @Override
          public void close() {
            closed.set(true);
          }
        };
    try (DynamoDb dynamoDb = StubHttp.open(request -> response(200, body))) {
      call(dynamoDb, Deadline.in(Duration.ofSeconds(4)));
    }
    assertFalse(closed.get());
  }

  @Test
  void anAttemptWithABrokenResponseIsAborted() {
    AtomicInteger aborted = new AtomicInteger();
    InputStream body =
        AbortableInputStream.create(InputStream.nullInputStream(), aborted::incrementAndGet);
    try (DynamoDb dynamoDb = StubHttp.open(request -> response(200, body))) {
      assertThrows(
          UnknownOutcomeException.class, () -> call(dynamoDb, Deadline.in(Duration.ofSeconds(4))));
    }
    assertEquals(3, aborted.get());
  }

  private static void call(DynamoDb dynamoDb, Deadline deadline) {
    var _ = dynamoDb.before(deadline, "call", () -> dynamoDb.table("table", "key").describeTable());
  }
}
