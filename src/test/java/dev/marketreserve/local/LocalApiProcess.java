package dev.marketreserve.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The local API in a process like the one that {@code mvn -Plocal} starts, and its terminal output.
 */
final class LocalApiProcess implements AutoCloseable {

  private static final Pattern CURL =
      Pattern.compile(
          "DynamoDB on (\\S+)\\. .*?"
              + "curl -i -X POST (http://127.0.0.1:\\d+)(\\S+) .*?X-Domain-Id: (\\w+)'.*?-d '(.*?)'",
          Pattern.DOTALL);

  private final Process process;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final String greeting;
  private final Matcher curl;

  private LocalApiProcess(Process process) {
    this.process = process;
    Thread.ofVirtual().start(() -> process.inputReader().lines().forEach(lines::add));
    StringBuilder console = new StringBuilder();
    Matcher printed;
    do {
      console.append(nextLine()).append('\n');
      printed = CURL.matcher(console);
    } while (!printed.find());
    assertEquals("", nextLine());
    this.greeting = console.toString();
    this.curl = printed;
  }

  /** Starts it on free ports, and waits until it listens. */
  static LocalApiProcess start(String... jvmOptions) throws IOException {
    return start(Map.of(), command(List.of(jvmOptions), "0", "127.0.0.1", "0"));
  }

  /** Starts it with additional environment variables and a command, and waits until it listens. */
  static LocalApiProcess start(Map<String, String> environment, List<String> command)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    return new LocalApiProcess(builder.start());
  }

  /** The command that starts it. */
  static List<String> command(List<String> jvmOptions, String... arguments) {
    return Stream.of(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED"),
            jvmOptions,
            List.of("-classpath", System.getProperty("java.class.path"), LocalApi.class.getName()),
            List.of(arguments))
        .flatMap(List::stream)
        .toList();
  }

  Process process() {
    return process;
  }

  /** What it prints when it listens. */
  String greeting() {
    return greeting;
  }

  /** The next line that it prints. */
  String nextLine() {
    try {
      String line = lines.poll(60, TimeUnit.SECONDS);
      assertNotNull(line, "The local API printed nothing more");
      return line;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  String url() {
    return curl.group(2);
  }

  String reservePath() {
    return curl.group(3);
  }

  String domain() {
    return curl.group(4);
  }

  String body() {
    return curl.group(5);
  }

  URI dynamoDbUrl() {
    return URI.create(curl.group(1));
  }

  @Override
  public void close() {
    process.toHandle().destroy();
    process.onExit().orTimeout(20, TimeUnit.SECONDS).join();
  }
}
