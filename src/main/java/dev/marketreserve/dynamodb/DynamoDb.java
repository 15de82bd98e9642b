package dev.marketreserve.dynamodb;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.ResourceId;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.RetryableException;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.exception.SdkServiceException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.crt.http.HttpException;
import software.amazon.awssdk.crt.io.EventLoopGroup;
import software.amazon.awssdk.crt.io.HostResolver;
import software.amazon.awssdk.enhanced.dynamodb.AttributeValueType;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbEnhancedClient;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbTable;
import software.amazon.awssdk.enhanced.dynamodb.Key;
import software.amazon.awssdk.enhanced.dynamodb.TableMetadata;
import software.amazon.awssdk.enhanced.dynamodb.TableSchema;
import software.amazon.awssdk.enhanced.dynamodb.document.EnhancedDocument;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.crt.AwsCrtHttpClient;
import software.amazon.awssdk.retries.api.AcquireInitialTokenRequest;
import software.amazon.awssdk.retries.api.AcquireInitialTokenResponse;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.retries.api.RecordSuccessRequest;
import software.amazon.awssdk.retries.api.RecordSuccessResponse;
import software.amazon.awssdk.retries.api.RefreshRetryTokenRequest;
import software.amazon.awssdk.retries.api.RefreshRetryTokenResponse;
import software.amazon.awssdk.retries.api.RetryStrategy;
import software.amazon.awssdk.retries.api.TokenAcquisitionFailedException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClientBuilder;

/**
 * The only class that calls DynamoDB. Every operation ends by its request's deadline, whatever it
 * waits for: credentials, DNS, a connection, a response or the next attempt. An operation makes at
 * most three attempts, of at most one second each.
 *
 * <p>Safe for use by many threads.
 */
public final class DynamoDb implements AutoCloseable {

  private static final int MAX_ATTEMPTS = 3;
  private static final Duration ATTEMPT_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration CONNECTION_TIMEOUT = Duration.ofMillis(500);
  private static final Duration SHORTEST_ATTEMPT = Duration.ofMillis(50);
  private static final Duration PAUSE = Duration.ofMillis(50);
  private static final Duration THROTTLED_PAUSE = Duration.ofMillis(500);

  private static final ScopedValue<Deadline> DEADLINE = ScopedValue.newInstance();

  private final DynamoDbClient client;
  private final DynamoDbEnhancedClient tables;
  private final ExecutorService calls =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());

  private DynamoDb(DynamoDbClient client) {
    this.client = client;
    // No extensions: no item has a version or a counter.
    this.tables = DynamoDbEnhancedClient.builder().dynamoDbClient(client).extensions().build();
  }

  /** Opens a client with the SDK's default region, credentials and endpoint. */
  public static DynamoDb open() {
    return open(http().build(), client -> client);
  }

  /**
   * Opens a client that uses another HTTP client or another address.
   *
   * @param http closed with the returned object
   * @param address sets region, credentials and endpoint, and may add interceptors
   */
  public static DynamoDb open(SdkHttpClient http, UnaryOperator<DynamoDbClientBuilder> address) {
    DynamoDbClientBuilder client =
        address
            .apply(DynamoDbClient.builder())
            .httpClientBuilder(defaults -> new RetryableHttpClient(http));
    return new DynamoDb(
        client
            .overrideConfiguration(
                client.overrideConfiguration().toBuilder()
                    .apiCallAttemptTimeout(ATTEMPT_TIMEOUT)
                    .retryStrategy(new RetryBeforeDeadline())
                    .addExecutionInterceptor(new Attempt())
                    .build())
            .build());
  }

  /** The HTTP client that {@link #open()} uses. */
  public static AwsCrtHttpClient.Builder http() {
    return AwsCrtHttpClient.builder()
        .connectionTimeout(CONNECTION_TIMEOUT)
        .tlsNegotiationTimeout(ATTEMPT_TIMEOUT);
  }

  /** The table with that name and partition key. Use it only within {@link #before}. */
  DynamoDbTable<EnhancedDocument> table(String name, String key) {
    return tables.table(
        name,
        TableSchema.documentSchemaBuilder()
            .addIndexPartitionKey(TableMetadata.primaryIndexName(), key, AttributeValueType.S)
            .build());
  }

  /** Reads an item's latest version, within {@link #before}. */
  Optional<EnhancedDocument> read(
      DynamoDbTable<EnhancedDocument> table, ResourceId id, Deadline deadline, String purpose) {
    Key key = Key.builder().partitionValue(id.canonical()).build();
    return before(
        deadline,
        purpose,
        () -> Optional.ofNullable(table.getItem(get -> get.key(key).consistentRead(true))));
  }

  /**
   * Makes one operation in DynamoDB, which ends by the deadline.
   *
   * @param purpose a few words for the log, as in "write the reservation"
   * @throws UnknownOutcomeException if the operation failed, or did not end by the deadline
   */
  <T> T before(Deadline deadline, String purpose, Supplier<T> call) {
    if (!deadline.remaining().isPositive()) {
      throw new UnknownOutcomeException("No time was left to " + purpose);
    }
    Future<T> result = calls.submit(() -> ScopedValue.where(DEADLINE, deadline).call(call::get));
    try {
      return result.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new UnknownOutcomeException("Could not " + purpose + " by the deadline", false, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnknownOutcomeException("Interrupted: could not " + purpose, false, e);
    } catch (ExecutionException e) {
      throw failure(deadline, purpose, e.getCause());
    } finally {
      result.cancel(true);
    }
  }

  private static RuntimeException failure(
      Deadline deadline, String purpose, @Nullable Throwable cause) {
    return switch (cause) {
      case SdkException e -> new UnknownOutcomeException("Could not " + purpose, isThrottled(e), e);
      case RuntimeException e when deadline.remaining().isPositive() -> e;
      case RuntimeException e -> // the SDK could not read the body after the deadline
          new UnknownOutcomeException("Could not " + purpose + " by the deadline", false, e);
      case Error e -> throw e;
      case null, default -> new IllegalStateException(cause);
    };
  }

  private static boolean isThrottled(Throwable failure) {
    return failure instanceof SdkServiceException e && e.isThrottlingException();
  }

  @Override
  public void close() {
    calls.shutdownNow();
    client.close();
  }

  /**
   * Closes what all HTTP clients of this process share, so that the next one gets new I/O threads
   * and DNS results. No other thread may open a client meanwhile.
   */
  public static void closeSharedResources() {
    HostResolver.closeStaticDefault();
    EventLoopGroup.closeStaticDefault();
  }

  private static Deadline deadline() {
    return DEADLINE.orElseThrow(
        () -> new IllegalStateException("DynamoDB was called without a deadline"));
  }

  /**
   * An HTTP client whose failures the SDK always retries. The SDK retries an {@link IOException},
   * but the CRT throws an {@link HttpException} for some temporary failures, such as a failed DNS
   * look-up.
   */
  private record RetryableHttpClient(SdkHttpClient client) implements SdkHttpClient {

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
      ExecutableHttpRequest attempt = client.prepareRequest(request);
      return new ExecutableHttpRequest() {
        @Override
        public HttpExecuteResponse call() throws IOException {
          try {
            return attempt.call();
          } catch (HttpException e) {
            throw new IOException(e);
          }
        }

        @Override
        public void abort() {
          attempt.abort();
        }
      };
    }

    @Override
    public void close() {
      client.close();
    }
  }

  /** Keeps an attempt from sending after the deadline, and from accepting a broken response. */
  private static final class Attempt implements ExecutionInterceptor {

    /**
     * Sends nothing after the deadline. The HTTP client reads the body only when it has a
     * connection. By then the deadline may be long past, because the environment can be frozen in
     * between.
     */
    @Override
    public Optional<RequestBody> modifyHttpContent(
        Context.ModifyHttpRequest context, ExecutionAttributes attributes) {
      Deadline deadline = deadline();
      RequestBody body = context.requestBody().orElseThrow();
      return Optional.of(
          RequestBody.fromContentProvider(
              () -> {
                if (!deadline.remaining().isPositive()) {
                  throw AbortedException.create("The deadline has passed");
                }
                return body.contentStreamProvider().newStream();
              },
              body.optionalContentLength().orElseThrow(),
              body.contentType()));
    }

    /**
     * Accepts only a complete response. The SDK would read a success with an empty body as a
     * missing item, or as a completed write.
     */
    @Override
    public Optional<InputStream> modifyHttpResponseContent(
        Context.ModifyHttpResponse context, ExecutionAttributes attributes) {
      byte[] body = read(context.responseBody().orElseGet(InputStream::nullInputStream));
      if (context.httpResponse().isSuccessful() && (body.length == 0 || body[0] != '{')) {
        throw RetryableException.create("DynamoDB returned a success without a JSON object");
      }
      return Optional.of(new ByteArrayInputStream(body));
    }

    /**
     * Leaves the body open: closing a body that was read to its end can close the connection too.
     * If an interceptor fails, the SDK aborts the connection.
     */
    private static byte[] read(InputStream body) {
      try {
        return body.readAllBytes();
      } catch (IOException | RuntimeException e) { // a RuntimeException if the attempt timed out
        throw RetryableException.create("DynamoDB's response is incomplete", e);
      }
    }
  }

  /**
   * Retries as the SDK's standard strategy does, if there is time for another attempt after the
   * pause. Otherwise the operation fails at once, with the last attempt's error.
   *
   * <p>The pauses come from the operating system's random numbers, which a snapshot does not copy.
   */
  private static final class RetryBeforeDeadline implements RetryStrategy {

    private final RandomGenerator random = new SecureRandom();
    private final RetryStrategy strategy =
        AwsRetryStrategy.standardRetryStrategy().toBuilder()
            .maxAttempts(MAX_ATTEMPTS)
            .backoffStrategy(BackoffStrategy.retryImmediately())
            .throttlingBackoffStrategy(BackoffStrategy.retryImmediately())
            .build();

    @Override
    public RefreshRetryTokenResponse refreshRetryToken(RefreshRetryTokenRequest request) {
      Duration longest = isThrottled(request.failure()) ? THROTTLED_PAUSE : PAUSE;
      Duration pause = Duration.ofMillis(random.nextLong(longest.toMillis() + 1));
      if (pause.plus(SHORTEST_ATTEMPT).compareTo(deadline().remaining()) > 0) {
        throw new TokenAcquisitionFailedException(
            "No time is left for a retry", request.token(), request.failure());
      }
      return strategy.refreshRetryToken(request.toBuilder().suggestedDelay(pause).build());
    }

    @Override
    public AcquireInitialTokenResponse acquireInitialToken(AcquireInitialTokenRequest request) {
      return strategy.acquireInitialToken(request);
    }

    @Override
    public RecordSuccessResponse recordSuccess(RecordSuccessRequest request) {
      return strategy.recordSuccess(request);
    }

    @Override
    public int maxAttempts() {
      return strategy.maxAttempts();
    }

    @Override
    public Builder<?, ?> toBuilder() {
      return strategy.toBuilder();
    }
  }
}
