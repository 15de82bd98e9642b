package dev.marketreserve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The upload to Lambda: {@code target/function}. */
class ArtifactIT {

  private static final Path FUNCTION = Path.of("target", "function");

  private static final long MAX_LIBRARY_BYTES = 17_000_000;

  /** The complete list, because every library costs start-up time. */
  private static final Set<String> LIBRARIES =
      Set.of(
          """
          annotations auth aws-core aws-crt-client aws-crt-linux-aarch_64 aws-crt-linux-x86_64
          aws-json-protocol aws-lambda-java-core aws-lambda-java-events checksums checksums-spi crac
          crt-core dynamodb dynamodb-enhanced endpoints-spi eventstream http-auth http-auth-aws
          http-auth-aws-eventstream http-auth-spi http-client-spi identity-spi jackson-annotations
          jackson-core jackson-databind json-utils metrics-spi profiles protocol-core
          reactive-streams regions retries retries-spi sdk-core slf4j-api slf4j-nop
          third-party-jackson-core utils utils-lite\
          """
              .split("\\s"));

  @Test
  void containsExactlyTheLibrariesThatTheFunctionNeeds() throws IOException {
    assertEquals(
        LIBRARIES,
        names(
            FUNCTION.resolve("lib"),
            name -> name.replaceFirst("-\\d[\\d.]*\\d", "").replace(".jar", "")));
  }

  @Test
  void containsNothingElseButTheCompiledFunction() throws IOException {
    assertEquals(Set.of("META-INF", "dev", "lib"), names(FUNCTION, name -> name));
    assertEquals(
        names(Path.of("src", "main", "java", "dev", "marketreserve"), name -> stem(name)),
        names(FUNCTION.resolve(Path.of("dev", "marketreserve")), name -> stem(name)));
  }

  @Test
  void everyUserCanReadEveryFile() throws IOException {
    try (Stream<Path> files = Files.walk(FUNCTION)) {
      for (Path file : files.toList()) {
        assertEquals(
            Files.isDirectory(file) ? "rwxr-xr-x" : "rw-r--r--",
            PosixFilePermissions.toString(Files.getPosixFilePermissions(file)),
            file.toString());
      }
    }
  }

  @Test
  void librariesStaySmall() throws IOException {
    try (Stream<Path> files = Files.list(FUNCTION.resolve("lib"))) {
      long bytes = files.mapToLong(file -> file.toFile().length()).sum();
      assertTrue(bytes <= MAX_LIBRARY_BYTES, bytes + " bytes");
    }
  }

  private static String stem(String file) {
    return file.replaceFirst("[.$].*", "");
  }

  private static Set<String> names(Path directory, UnaryOperator<String> part) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> part.apply(file.getFileName().toString()))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
