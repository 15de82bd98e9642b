package dev.marketreserve.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.runtime.LambdaRuntime;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FunctionImageIT {

  private static final Pattern RUN =
      Pattern.compile("^RUN (?:\\S*/)?java (.* dev\\.marketreserve\\.\\S+ .*)$", Pattern.MULTILINE);

  /**
   * Classes that JDK 25 keeps out of every cache: its own events, switches over types, which are
   * linked at run time, and the method handles of both.
   */
  private static final int MAX_CLASSES_OUTSIDE_THE_CACHE = 24;

  @TempDir private static Path directory;

  @BeforeAll
  static void runTheCommandsOfTheDockerfile() throws IOException, InterruptedException {
    List<String> commands =
        RUN.matcher(Files.readString(Path.of("Dockerfile")))
            .results()
            .map((MatchResult run) -> run.group(1).replace("/function", directory.toString()))
            .toList();
    assertEquals(2, commands.size(), commands::toString);
    for (String command : commands) {
      run(command);
    }
  }

  @Test
  void theFirstRequestLoadsItsClassesFromTheCache() throws IOException {
    Path log = directory.resolve("classes.log");
    Map<String, String> environment = FunctionImage.variables();
    environment.merge(
        "JAVA_TOOL_OPTIONS", "-Xlog:class+load:file=" + log, (set, added) -> set + " " + added);
    try (StubDynamoDb dynamoDb = StubDynamoDb.start()) {
      environment.put("AWS_ENDPOINT_URL_DYNAMODB", dynamoDb.endpoint().toString());
      try (LambdaRuntime runtime =
          new FunctionImage(directory).start("dev.marketreserve.ReserveHandler", environment)) {
        runtime
            .api()
            .invoke(Files.readString(Path.of("events", "reserve.json")), Duration.ofSeconds(10));
      }
    }
    List<String> loaded = Files.readAllLines(log);
    List<String> others = loaded.stream().filter(line -> !line.contains("shared objects")).toList();
    assertTrue(loaded.size() > 1000, loaded::toString);
    assertTrue(
        others.size() <= MAX_CLASSES_OUTSIDE_THE_CACHE,
        () -> others.size() + " classes:\n" + String.join("\n", others));
  }

  @Test
  void theTrainingHasTheVariablesOfTheTemplate() {
    Map<String, String> template = new HashMap<>(SamTemplate.read().environment());
    template.remove("AWS_ENDPOINT_URL_DYNAMODB");
    JsonNode logFormat = SamTemplate.read().function().at("/LoggingConfig/LogFormat");
    template.put("AWS_LAMBDA_LOG_FORMAT", logFormat.asText());

    Map<String, String> training = FunctionImage.variables();
    training.keySet().retainAll(template.keySet());
    assertEquals(template.keySet(), training.keySet());
    assertEquals(template.get("JAVA_TOOL_OPTIONS"), training.get("JAVA_TOOL_OPTIONS"));
    assertEquals(template.get("AWS_LAMBDA_LOG_FORMAT"), training.get("AWS_LAMBDA_LOG_FORMAT"));
  }

  @Test
  void theKeyOfTheTrainingIsNoPartOfTheImage() {
    assertFalse(Files.exists(directory.resolve("training")));
  }

  private static void run(String arguments) throws IOException, InterruptedException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process process =
        new ProcessBuilder((java + " " + arguments).split(" ", -1))
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
  }
}
