package dev.marketreserve.dynamodb;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;

/**
 * An HTTP client that bounds each attempt as a whole, from its connection to the end of the
 * response body. The socket's own timeout bounds each read alone.
 *
 * <p>One thread looks every {@value #LOOK_MILLIS} ms for attempts whose time is over. To set and
 * cancel a timer for each attempt, as the SDK does, takes a tenth of the path of a request.
 */
final class TimedHttpClient implements SdkHttpClient {

  private static final int LOOK_MILLIS = 10;

  /** Holds nearly every answer of DynamoDB at once. */
  private static final int PART_BYTES = 512;

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
            () -> underWay.stream().filter(Attempt::isOver).forEach(Attempt::abort),
            LOOK_MILLIS,
            LOOK_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  @Override
  public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
    Duration time = timeToTake.get();
    return new Attempt(client.prepareRequest(request), underWay, time);
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

  private static final class Attempt implements ExecutableHttpRequest {

    private final ExecutableHttpRequest request;
    private final Set<Attempt> underWay;
    private final long end;

    Attempt(ExecutableHttpRequest request, Set<Attempt> underWay, Duration time) {
      this.request = request;
      this.underWay = underWay;
      this.end = System.nanoTime() + time.toNanos();
    }

    @Override
    public HttpExecuteResponse call() throws IOException {
      HttpExecuteResponse response = answer();
      Optional<AbortableInputStream> body = response.responseBody();
      return body.isEmpty()
          ? response
          : HttpExecuteResponse.builder()
              .response(response.httpResponse())
              .responseBody(AbortableInputStream.create(all(body.get())))
              .build();
    }

    /** The response with its headers there. */
    private HttpExecuteResponse answer() throws IOException {
      underWay.add(this);
      try {
        return request.call();
      } catch (IOException e) {
        throw isOver() ? timeout(e) : e;
      } finally {
        underWay.remove(this);
      }
    }

    /**
     * All of a body. It is not aborted from outside, where that would wait for the read that is
     * under way: a read ends with the socket's own timeout.
     */
    private InputStream all(InputStream body) throws IOException {
      ByteArrayOutputStream all = new ByteArrayOutputStream(PART_BYTES);
      try (body) {
        byte[] part = new byte[PART_BYTES];
        for (int read = body.read(part); read >= 0; read = body.read(part)) {
          if (isOver()) {
            throw timeout(null);
          }
          all.write(part, 0, read);
        }
      }
      return new ByteArrayInputStream(all.toByteArray());
    }

    boolean isOver() {
      return System.nanoTime() - end >= 0;
    }

    @Override
    public void abort() {
      try {
        request.abort();
      } catch (RuntimeException e) {
        // The connection may change hands meanwhile. The next look tries again.
      }
    }

    private static IOException timeout(@Nullable IOException cause) {
      IOException timeout = new SocketTimeoutException("The time of the attempt is over");
      timeout.initCause(cause);
      return timeout;
    }
  }
}
