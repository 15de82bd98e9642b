package dev.marketreserve.dynamodb;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.time.Duration;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbEnhancedClient;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
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
 * The DynamoDB client that keeps to a deadline: three attempts for a call at most, each sent twice
 * at most and cut off after a second, all of them over by the deadline of the request.
 */
public final class DeadlineClient {

  private static final int MAX_ATTEMPTS = 3;
  private static final Duration CONNECTION_TIMEOUT = Duration.ofMillis(500);
  private static final Duration ATTEMPT_TIMEOUT = Duration.ofSeconds(1);
  private static final Duration LEAST_ATTEMPT = Duration.ofMillis(50);
  private static final Duration PAUSE = Duration.ofMillis(25);
  private static final Duration THROTTLED_PAUSE = Duration.ofMillis(250);

  private static final ScopedValue<Deadline> DEADLINE = ScopedValue.newInstance();

  private DeadlineClient() {}

  /**
   * Builds the client. Region, credentials and endpoint come from where the SDK looks for them.
   *
   * <p>Only the two tables of this package can call it: a call that has no deadline throws an
   * {@link IllegalStateException}.
   */
  public static DynamoDbClientBuilder builder() {
    return builder(
        UrlConnectionHttpClient.builder()
            .connectionTimeout(CONNECTION_TIMEOUT)
            .socketTimeout(ATTEMPT_TIMEOUT)
            .build());
  }

  /** The same on another HTTP client. */
  public static DynamoDbClientBuilder builder(SdkHttpClient http) {
    return DynamoDbClient.builder()
        .httpClientBuilder(defaults -> new TimedHttpClient(http, DeadlineClient::attemptTime))
        .overrideConfiguration(
            configuration ->
                configuration
                    .retryStrategy(
                        new RetryBeforeDeadline(
                            AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                .maxAttempts(MAX_ATTEMPTS)
                                .backoffStrategy(growing(PAUSE))
                                .throttlingBackoffStrategy(growing(THROTTLED_PAUSE))
                                .build()))
                    .addExecutionInterceptor(new WithoutContentLength()));
  }

  /**
   * The enhanced client on {@code client}, without its default extensions: no item has a version or
   * a counter, and they would run with each call.
   */
  public static DynamoDbEnhancedClient enhanced(DynamoDbClient client) {
    return DynamoDbEnhancedClient.builder().dynamoDbClient(client).extensions().build();
  }

  /** Random pauses, the first up to {@code first}, each later one up to twice the one before. */
  private static BackoffStrategy growing(Duration first) {
    return BackoffStrategy.exponentialDelay(first, Duration.ofSeconds(1));
  }

  /**
   * Makes one call to DynamoDB that ends by the deadline.
   *
   * @param purpose a few words for the log, as in "write the reservation"
   * @throws UnknownOutcomeException where the call failed, or had no time left to start
   */
  static <T> T callBefore(Deadline deadline, String purpose, Supplier<T> call) {
    if (!deadline.remaining().isPositive()) {
      throw new UnknownOutcomeException("No time was left to " + purpose);
    }
    try {
      return ScopedValue.where(DEADLINE, deadline).call(call::get);
    } catch (AwsServiceException e) {
      throw new UnknownOutcomeException("Could not " + purpose, e.isThrottlingException(), e);
    } catch (SdkException e) {
      throw new UnknownOutcomeException("Could not " + purpose, false, e);
    }
  }

  private static Duration timeLeft() {
    return DEADLINE
        .orElseThrow(() -> new IllegalStateException("A call to DynamoDB without a deadline"))
        .remaining();
  }

  private static Duration attemptTime() {
    Duration left = timeLeft();
    return left.compareTo(ATTEMPT_TIMEOUT) < 0 ? left : ATTEMPT_TIMEOUT;
  }

  /**
   * Leaves the header {@code Content-Length} to the JDK. With the header, the SDK streams the body,
   * and for a streamed body the JDK waits 1 ms before it uses a connection again. Without it, the
   * JDK holds the few hundred bytes itself, writes them with the head, and may send them once more
   * where the connection ends without an answer ({@code sun.net.http.retryPost}).
   */
  private static final class WithoutContentLength implements ExecutionInterceptor {
    @Override
    public SdkHttpRequest modifyHttpRequest(
        Context.ModifyHttpRequest context, ExecutionAttributes attributes) {
      return context.httpRequest().toBuilder().removeHeader("Content-Length").build();
    }
  }

  /**
   * Retries as {@code strategy} does, unless the pause would leave no time for an answer to the
   * next attempt: the call then fails at once, with the error that DynamoDB gave.
   */
  private record RetryBeforeDeadline(RetryStrategy strategy) implements RetryStrategy {

    @Override
    public RefreshRetryTokenResponse refreshRetryToken(RefreshRetryTokenRequest request) {
      RefreshRetryTokenResponse retry = strategy.refreshRetryToken(request);
      if (retry.delay().plus(LEAST_ATTEMPT).compareTo(timeLeft()) > 0) {
        throw new TokenAcquisitionFailedException(
            "No time is left to try again", retry.token(), request.failure());
      }
      return retry;
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
