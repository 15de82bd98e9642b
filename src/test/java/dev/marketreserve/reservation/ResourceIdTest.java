package dev.marketreserve.reservation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The cases are in a file, because {@code src/tools/python/registry.py} must apply the same rules.
 */
class ResourceIdTest {

  private final JsonNode cases =
      new JsonMapper().readTree(Path.of("src/test/resources/resource-ids.json").toFile());

  ResourceIdTest() throws IOException {}

  @Test
  void idsAreEqualIfTheirCanonicalFormsAre() {
    Set<ResourceId> ids = new HashSet<>();
    Set<String> canonicalForms = new HashSet<>();
    for (JsonNode id : cases) {
      Optional<ResourceId> parsed = ResourceId.parse(id.get("written").textValue());
      String canonical = id.get("canonical").textValue();
      assertEquals(Optional.ofNullable(canonical), parsed.map(ResourceId::canonical), id::toString);
      parsed.ifPresent(ids::add);
      parsed.map(ResourceId::canonical).ifPresent(canonicalForms::add);
    }
    assertEquals(canonicalForms.size(), ids.size());
  }

  @Test
  void anIdKeepsItsSpellingAndShowsItsCanonicalForm() {
    ResourceId id = Requests.id("73C58022F20D495AA18885D718647F09");
    assertEquals("73C58022F20D495AA18885D718647F09", id.written());
    assertEquals("73c58022-f20d-495a-a188-85d718647f09", id.toString());
    assertNotEquals((Object) id.canonical(), id);
  }
}
