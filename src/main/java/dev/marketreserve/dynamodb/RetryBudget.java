package dev.marketreserve.dynamodb;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.StoreUnavailableException;
import java.time.Duration;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
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
import software.amazon.awssdk.services.dynamodb.model.DynamoDbRequest;

/**
 * How often and how long the function tries DynamoDB before it gives up: three attempts at most,
 * each cut off after a second, all of them over by the deadline of the request.
 */
public final class RetryBudget {

  private static final int MAX_ATTEMPTS = 3;
  private static final Duration CONNECTION_TIMEOUT = Duration.ofMillis(500);
  private static final Duration ATTEMPT_TIMEOUT = Duration.ofSeconds(1);
  private static final BackoffStrategy BACKOFF =
      BackoffStrategy.exponentialDelay(Duration.ofMillis(25), Duration.ofMillis(250));
  private static final BackoffStrategy THROTTLING_BACKOFF =
      BackoffStrategy.exponentialDelay(Duration.ofMillis(250), Duration.ofSeconds(1));

  private static final ScopedValue<Deadline> DEADLINE = ScopedValue.newInstance();

  private RetryBudget() {}

  /**
   * Builds a client that keeps to the budget. Region, credentials and endpoint come from where the
   * SDK looks for them.
   */
  public static DynamoDbClientBuilder clientBuilder() {
    return DynamoDbClient.builder()
        .httpClientBuilder(
            UrlConnectionHttpClient.builder()
                .connectionTimeout(CONNECTION_TIMEOUT)
                .socketTimeout(ATTEMPT_TIMEOUT))
        .overrideConfiguration(
            configuration ->
                configuration
                    .apiCallAttemptTimeout(ATTEMPT_TIMEOUT)
                    .retryStrategy(
                        new RetryBeforeDeadline(
                            AwsRetryStrategy.standardRetryStrategy().toBuilder()
                                .maxAttempts(MAX_ATTEMPTS)
                                .backoffStrategy(BACKOFF)
                                .throttlingBackoffStrategy(THROTTLING_BACKOFF)
                                .build()))
                    .addExecutionInterceptor(new DeadlineInterceptor()));
  }

  /**
   * Makes one call to DynamoDB that ends by the deadline.
   *
   * @param call says in a few words what is called, for the log
   * @throws StoreUnavailableException where the call failed, or had no time left to start
   */
  static <T> T spend(Deadline deadline, String call, Supplier<T> dynamoDb) {
    if (!deadline.remaining().isPositive()) {
      throw new StoreUnavailableException("No time was left to " + call);
    }
    try {
      return ScopedValue.where(DEADLINE, deadline).call(dynamoDb::get);
    } catch (AwsServiceException e) {
      throw new StoreUnavailableException("Could not " + call, e.isThrottlingException(), e);
    } catch (SdkException e) {
      throw new StoreUnavailableException("Could not " + call, false, e);
    }
  }

  /**
   * Bounds each call by the time its request has left. The enhanced client has no parameter for
   * that, so the deadline comes with the scope of the call.
   */
  private static final class DeadlineInterceptor implements ExecutionInterceptor {
    @Override
    public SdkRequest modifyRequest(Context.ModifyRequest context, ExecutionAttributes attributes) {
      Duration remaining = DEADLINE.get().remaining();
      Duration timeout = remaining.isPositive() ? remaining : Duration.ofMillis(1);
      return ((DynamoDbRequest) context.request())
          .toBuilder().overrideConfiguration(o -> o.apiCallTimeout(timeout)).build();
    }
  }

  /**
   * Retries as {@code strategy} does, but not where the pause before the next attempt would outlast
   * the deadline: the call then fails at once, with the error that DynamoDB gave.
   */
  private record RetryBeforeDeadline(RetryStrategy strategy) implements RetryStrategy {

    @Override
    public RefreshRetryTokenResponse refreshRetryToken(RefreshRetryTokenRequest request) {
      RefreshRetryTokenResponse retry = strategy.refreshRetryToken(request);
      if (retry.delay().compareTo(DEADLINE.get().remaining()) >= 0) {
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
