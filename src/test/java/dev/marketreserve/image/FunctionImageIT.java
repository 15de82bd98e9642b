package dev.marketreserve.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FunctionImageIT {

  private static final Pattern RUN =
      Pattern.compile("^RUN (?:\\S*/)?java (.* dev\\.marketreserve\\.\\S+ .*)$", Pattern.MULTILINE);

  @Test
  void theCommandsOfTheDockerfileLayOutTheFunctionAndTrainItsCache(@TempDir Path directory)
      throws IOException, InterruptedException {
    List<String> commands =
        RUN.matcher(Files.readString(Path.of("Dockerfile")))
            .results()
            .map((MatchResult run) -> run.group(1).replace("/function", directory.toString()))
            .toList();
    assertEquals(2, commands.size(), commands::toString);
    for (String command : commands) {
      run(command);
    }
    assertTrue(Files.size(directory.resolve("function.aot")) > 0);
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
