package dev.marketreserve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.dynamodb.DynamoDb;
import java.io.IOException;
import java.lang.reflect.Field;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The tests that {@code docs/promises.md} names exist, and its limits match the code. */
class PromisesTest {

  private static final Pattern TEST_NAME =
      Pattern.compile("`(\\w+(?:Test|IT|Contract))(?:\\.(\\w+)(…?))?`");

  private final String page = Files.readString(Path.of("docs", "promises.md"));

  PromisesTest() throws IOException {}

  @Test
  void everyTestNamedOnThePageExists() throws IOException {
    List<MatchResult> names = TEST_NAME.matcher(page).results().toList();
    assertTrue(names.size() > 20, "The page names " + names.size() + " tests");
    Set<String> missing = new TreeSet<>();
    for (MatchResult name : names) {
      if (!exists(name.group(1), name.group(2), "…".equals(name.group(3)))) {
        missing.add(name.group());
      }
    }
    assertEquals(Set.of(), missing);
  }

  @Test
  void documentedLimitsMatchTheCode() throws ReflectiveOperationException {
    assertLimit(
        "whole response",
        "%s, or the invocation's remaining time minus %s, whichever is shorter"
            .formatted(seconds(ReserveHandler.TIME_TO_RESPOND), seconds(ReserveHandler.MARGIN)));
    assertLimit("connection", seconds((Duration) limit("CONNECTION_TIMEOUT")));
    assertLimit("attempt", seconds((Duration) limit("ATTEMPT_TIMEOUT")));
    assertLimit("attempts per operation", String.valueOf(limit("MAX_ATTEMPTS")));
    assertLimit("pause before attempts 2 and 3", pause((Duration) limit("PAUSE")));
    assertLimit("the same pause if throttled", pause((Duration) limit("THROTTLED_PAUSE")));
  }

  private void assertLimit(String name, String value) {
    String row = "\n| " + name + " | " + value + " |";
    assertTrue(page.contains(row), () -> "No row" + row);
  }

  private static Object limit(String constant) throws ReflectiveOperationException {
    Field field = DynamoDb.class.getDeclaredField(constant);
    field.setAccessible(true);
    return field.get(null);
  }

  private static String seconds(Duration duration) {
    return BigDecimal.valueOf(duration.toMillis(), 3).stripTrailingZeros().toPlainString() + " s";
  }

  private static String pause(Duration longest) {
    return "random, up to " + longest.toMillis() + " ms";
  }

  private static boolean exists(String type, @Nullable String method, boolean prefix)
      throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src", "test", "java"))) {
      Optional<Path> source = files.filter(file -> file.endsWith(type + ".java")).findFirst();
      return source.isPresent()
          && (method == null
              || Files.readString(source.get()).contains("void " + method + (prefix ? "" : "(")));
    }
  }
}
