package dev.marketreserve.reservation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The cases are in a file, because {@code src/tools/python/registry.py} must apply the same rules.
 */
class ResourceIdTest {

  @ParameterizedTest
  @MethodSource("cases")
  void anIdHasOneCanonicalForm(Case id) {
    assertEquals(
        Optional.ofNullable(id.canonical), ResourceId.parse(id.written).map(ResourceId::canonical));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void idsAreEqualIfTheirCanonicalFormsAre(Case id) {
    for (Case other : cases()) {
      if (id.canonical != null && other.canonical != null) {
        ResourceId one = ResourceId.parse(id.written).orElseThrow();
        ResourceId two = ResourceId.parse(other.written).orElseThrow();
        assertEquals(id.canonical.equals(other.canonical), one.equals(two));
        assertTrue(!one.equals(two) || one.hashCode() == two.hashCode());
      }
    }
  }

  @Test
  void anIdKeepsItsSpellingAndShowsItsCanonicalForm() {
    ResourceId id = ResourceId.parse("73C58022F20D495AA18885D718647F09").orElseThrow();
    assertEquals("73C58022F20D495AA18885D718647F09", id.written());
    assertEquals("73c58022-f20d-495a-a188-85d718647f09", id.toString());
  }

  @Test
  void anIdDoesNotEqualItsText() {
    assertNotEquals((Object) "a", ResourceId.parse("a").orElseThrow());
  }

  static List<Case> cases() {
    try {
      JsonNode cases =
          new ObjectMapper().readTree(Path.of("src/test/resources/resource-ids.json").toFile());
      return StreamSupport.stream(cases.spliterator(), false)
          .map(id -> new Case(id.get("written").asText(), id.get("canonical").textValue()))
          .toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A text, and its canonical form if it is an id. */
  record Case(String written, @Nullable String canonical) {}
}
