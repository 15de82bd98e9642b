package dev.marketreserve.local;

import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.api.client.api.LambdaContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Consumer;

/** The context of a local invocation: an id, a deadline and a log. */
public final class LocalContext extends LambdaContext {

  private final Consumer<String> log;

  /**
   * A context for an invocation that begins now.
   *
   * @param log receives what the function logs
   */
  public LocalContext(String requestId, Duration timeout, Consumer<String> log) {
    super(
        Math.toIntExact(Runtime.getRuntime().maxMemory() >> 20),
        Instant.now().plus(timeout).toEpochMilli(),
        requestId,
        "local",
        "local",
        "local",
        null,
        "$LATEST",
        "arn:aws:lambda:us-east-1:000000000000:function:local",
        null,
        null,
        null);
    this.log = log;
  }

  @Override
  public LambdaLogger getLogger() {
    return new LambdaLogger() {
      @Override
      public void log(String message) {
        log.accept(message);
      }

      @Override
      public void log(byte[] message) {
        log.accept(new String(message, StandardCharsets.UTF_8));
      }
    };
  }
}
