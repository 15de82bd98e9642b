package dev.marketreserve.bench;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the {@code Dockerfile} does with the function. */
class AotCacheIT {

  @Test
  void theFunctionOfTheImageIsTrainedAndStartsWithItsCache(@TempDir Path directory)
      throws IOException {
    AotCache image = AotCache.layOut(directory);
    assertDoesNotThrow(image::train);
  }
}
