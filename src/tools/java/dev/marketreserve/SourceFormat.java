package dev.marketreserve;

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

/**
 * The layout of the sources, by google-java-format. The Maven plugins for it parse with Maven's own
 * JDK, which may be older than the language of the sources.
 */
final class SourceFormat {

  private SourceFormat() {}

  /** Lays out every source file: {@code mvn -Pformat}. */
  static void main() throws IOException, FormatterException {
    for (Path source : sources()) {
      Files.writeString(source, format(source));
    }
  }

  /** Every source file. */
  static List<Path> sources() throws IOException {
    try (Stream<Path> source = Files.walk(Path.of("src"));
        Stream<Path> examples = Files.walk(Path.of("docs", "examples"))) {
      return Stream.concat(source, examples)
          .filter(file -> file.toString().endsWith(".java"))
          .sorted()
          .toList();
    }
  }

  /** The text of a source file, laid out. */
  static String format(Path source) throws IOException, FormatterException {
    String text = RemoveUnusedImports.removeUnusedImports(Files.readString(source));
    return new Formatter().formatSource(ImportOrderer.reorderImports(text, Style.GOOGLE));
  }
}
