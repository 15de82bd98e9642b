package dev.marketreserve.dynamodb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbTable;
import software.amazon.awssdk.enhanced.dynamodb.document.EnhancedDocument;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpResponse;

class DynamoDbTest {

  @Test
  void aRequestBodyCannotBeReadOnceTheDeadlineIsOver() throws Exception {
    Deadline deadline = Deadline.in(Duration.ofMillis(500));
    LateConnection connection = new LateConnection(deadline);
    try (DynamoDb dynamoDb = open(connection)) {
      DynamoDbTable<EnhancedDocument> table = table(dynamoDb);
      assertThrows(
          UnknownOutcomeException.class,
          () -> dynamoDb.before(deadline, "write", () -> table.describeTable()));
      Throwable read = connection.read.get(10, TimeUnit.SECONDS);
      assertEquals(AbortedException.class, read.getClass());
    }
  }

  @Test
  void aCallWithoutADeadlineIsAProgrammingError() {
    try (DynamoDb dynamoDb = open(new LateConnection(Deadline.in(Duration.ZERO)))) {
      IllegalStateException e =
          assertThrows(IllegalStateException.class, () -> table(dynamoDb).describeTable());
      assertTrue(String.valueOf(e.getMessage()).contains("without a deadline"));
    }
  }

  /** Closing the body could close the connection, which the next call needs. */
  @Test
  void aResponseThatWasReadToItsEndIsNotClosed() {
    AtomicBoolean closed = new AtomicBoolean();
    byte[] table = "{\"Table\": {}}".getBytes(StandardCharsets.UTF_8);
    InputStream body =
        new ByteArrayInputStream(table) {
          @Override
          public void close() {
            closed.set(true);
          }
        };
    try (DynamoDb dynamoDb = open(new Response(body))) {
      DynamoDbTable<EnhancedDocument> any = table(dynamoDb);
      dynamoDb.before(Deadline.in(Duration.ofSeconds(4)), "read", any::describeTable);
    }
    assertFalse(closed.get());
  }

  @Test
  void anAttemptWithABrokenResponseIsAborted() {
    AtomicInteger aborted = new AtomicInteger();
    InputStream body =
        AbortableInputStream.create(InputStream.nullInputStream(), aborted::incrementAndGet);
    try (DynamoDb dynamoDb = open(new Response(body))) {
      DynamoDbTable<EnhancedDocument> any = table(dynamoDb);
      assertThrows(
          UnknownOutcomeException.class,
          () -> dynamoDb.before(Deadline.in(Duration.ofSeconds(4)), "read", any::describeTable));
    }
    assertEquals(3, aborted.get());
  }

  private static DynamoDb open(SdkHttpClient http) {
    URI nowhere = URI.create("http://127.0.0.1:1");
    return DynamoDb.open(http, client -> DynamoDbServer.pointTo(nowhere, client));
  }

  private static DynamoDbTable<EnhancedDocument> table(DynamoDb dynamoDb) {
    return dynamoDb.table("table", "key");
  }

  /** Gives every request the same response. */
  private record Response(InputStream body) implements SdkHttpClient, ExecutableHttpRequest {

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
      return this;
    }

    @Override
    public HttpExecuteResponse call() {
      return HttpExecuteResponse.builder()
          .response(SdkHttpResponse.builder().statusCode(200).build())
          .responseBody(AbortableInputStream.create(body))
          .build();
    }

    @Override
    public void abort() {}

    @Override
    public void close() {}
  }

  /** Connects only after the deadline, and ignores interrupts until then. */
  private static final class LateConnection implements SdkHttpClient {

    private final Deadline deadline;
    private final CompletableFuture<Throwable> read = new CompletableFuture<>();

    LateConnection(Deadline deadline) {
      this.deadline = deadline;
    }

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
      return new ExecutableHttpRequest() {
        @Override
        public HttpExecuteResponse call() {
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
        }

        @Override
        public void abort() {}
      };
    }

    @Override
    public void close() {}
  }
}
