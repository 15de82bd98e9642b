package dev.marketreserve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SourceFormatTest {

  @ParameterizedTest
  @MethodSource("dev.marketreserve.SourceFormat#sources")
  void everySourceFileIsFormatted(Path source) throws IOException, FormatterException {
    assertEquals(SourceFormat.format(source), Files.readString(source), "Run mvn -Pformat");
  }
}
