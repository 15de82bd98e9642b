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
 * The layout of the sources is google-java-format's. A test checks it, since the Maven plugins that
 * could do so parse with Maven's own JDK, which may be older than the language of the sources.
 */
class SourceFormatTest {

  @ParameterizedTest
  @MethodSource("sources")
  void aSourceFileIsLaidOutByTheFormatter(Path source) throws IOException, FormatterException {
    assertEquals(formatted(source), Files.readString(source), "Run mvn -Pformat");
  }

  /** Lays out every source file: {@code mvn -Pformat}. */
  static void main() throws IOException, FormatterException {
    for (Path source : sources()) {
      Files.writeString(source, formatted(source));
    }
  }

  static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
  }

  private static String formatted(Path source) throws IOException, FormatterException {
    String text = RemoveUnusedImports.removeUnusedImports(Files.readString(source));
    return new Formatter().formatSource(ImportOrderer.reorderImports(text, Style.GOOGLE));
  }
}
