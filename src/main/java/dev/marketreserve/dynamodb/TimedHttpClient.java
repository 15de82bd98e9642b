package dev.marketreserve.dynamodb;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;

/**
 * An HTTP client that bounds each attempt as a whole, from its connection to the end of the
 * response body. A socket's own timeout bounds each read alone.
 *
 * <p>One thread looks every {@value #LOOK_MILLIS} ms for attempts whose time is over. To set and
 * cancel a timer for each attempt, as the SDK does, takes a tenth of the path of a request.
 */
final class TimedHttpClient implements SdkHttpClient {

  private static final int LOOK_MILLIS = 10;

  private final SdkHttpClient client;
  private final Supplier<Duration> timeToTake;
  private final Set<Attempt> underWay = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("attempts").factory());

  /**
   * The client around another.
   *
   * @param timeToTake how long an attempt that starts now may take, by the thread that makes it
   */
  TimedHttpClient(SdkHttpClient client, Supplier<Duration> timeToTake) {
    this.client = client;
    this.timeToTake = timeToTake;
    var _ =
        watch.scheduleWithFixedDelay(
            () -> underWay.forEach(Attempt::abortIfOver),
            LOOK_MILLIS,
            LOOK_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  @Override
  public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
    Duration time = timeToTake.get();
    return new Attempt(client.prepareRequest(request), System.nanoTime() + time.toNanos());
  }

  @Override
  public String clientName() {
    return client.clientName();
  }

  @Override
  public void close() {
    watch.shutdownNow();
    client.close();
  }

  private final class Attempt implements ExecutableHttpRequest {

    private final ExecutableHttpRequest request;
    private final long end;
    private volatile boolean over;

    Attempt(ExecutableHttpRequest request, long end) {
      this.request = request;
      this.end = end;
    }

    @Override
    public HttpExecuteResponse call() throws IOException {
      underWay.add(this);
      try {
        return withBody(request.call());
      } catch (IOException e) {
        throw over ? timeout(e) : e;
      } finally {
        underWay.remove(this);
      }
    }

    void abortIfOver() {
      if (System.nanoTime() - end >= 0) {
        over = true;
        try {
          abort();
        } catch (RuntimeException e) {
          // HttpURLConnection may change hands meanwhile. The next look tries again.
        }
      }
    }

    @Override
    public void abort() {
      request.abort();
    }

    private static IOException timeout(IOException cause) {
      IOException timeout = new SocketTimeoutException("The time of the attempt is over");
      timeout.initCause(cause);
      return timeout;
    }
  }

  /** The response with its body read to the end, into an array of its size where that is known. */
  private static HttpExecuteResponse withBody(HttpExecuteResponse response) throws IOException {
    if (response.responseBody().isEmpty()) {
      return response;
    }
    int length =
        response
            .httpResponse()
            .firstMatchingHeader("Content-Length")
            .map(Integer::parseInt)
            .orElse(Integer.MAX_VALUE);
    try (AbortableInputStream body = response.responseBody().get()) {
      byte[] bytes = body.readNBytes(length);
      return HttpExecuteResponse.builder()
          .response(response.httpResponse())
          .responseBody(AbortableInputStream.create(new ByteArrayInputStream(bytes)))
          .build();
    }
  }
}
