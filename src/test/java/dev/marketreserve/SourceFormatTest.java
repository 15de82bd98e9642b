package dev.marketreserve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions.Style;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks the sources against google-java-format. Spotless would run it on Maven's own JDK, which
 * may be too old to parse the sources.
 */
class SourceFormatTest {

  @ParameterizedTest
  @MethodSource("sources")
  void everySourceFileIsFormatted(Path source) throws IOException, FormatterException {
    assertEquals(format(source), Files.readString(source), "Run mvn -Pformat");
  }

  /** Formats every source file: {@code mvn -Pformat}. */
  static void main() throws IOException, FormatterException {
    for (Path source : sources()) {
      Files.writeString(source, format(source));
    }
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> source = Files.walk(Path.of("src"));
        Stream<Path> examples = Files.walk(Path.of("docs", "examples"))) {
      return Stream.concat(source, examples)
          .filter(file -> file.toString().endsWith(".java"))
          .sorted()
          .toList();
    }
  }

  private static String format(Path source) throws IOException, FormatterException {
    String text = RemoveUnusedImports.removeUnusedImports(Files.readString(source));
    return new Formatter().formatSource(ImportOrderer.reorderImports(text, Style.GOOGLE));
  }
}
