package dev.marketreserve.reservation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResourceIdTest {

  private static final String UUID = "73c58022-f20d-495a-a188-85d718647f09";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "73c58022-f20d-495a-a188-85d718647f09",
        "73C58022-F20D-495A-A188-85D718647F09",
        "73c58022-F20D-495a-A188-85d718647F09",
        "73c58022f20d495aa18885d718647f09",
        "73C58022F20D495AA18885D718647F09"
      })
  void everySpellingOfAUuidIsOneId(String spelling) {
    ResourceId id = ResourceId.parse(spelling).orElseThrow();
    assertEquals(UUID, id.canonical());
    assertEquals(spelling, id.written());
    assertEquals(ResourceId.parse(UUID).orElseThrow(), id);
    assertEquals(ResourceId.parse(UUID).orElseThrow().hashCode(), id.hashCode());
    assertEquals(UUID, id.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "7",
        "Z",
        "group_1-A",
        "a-",
        "a_",
        "azAZ09",
        "73c58022-f20d-495a-a188-85d718647f0", // a digit short of a UUID
        "73c58022-f20d-495a-a188-85d718647f090", // a digit more than one
        "g3c58022-f20d-495a-a188-85d718647f09", // not hex
        "73c58022f20d495aa18885d718647f0g",
        "73c5802-2f20d-495a-a188-85d718647f09", // a hyphen in the wrong place
        "73c58022-f20-d495a-a188-85d718647f09",
        "73c58022-f20d-495aa-188-85d718647f09",
        "73c58022-f20d-495a-a18885d718647f-09",
        "73c58022-f20d-495a-a188--5d718647f09", // a hyphen too many
        "0123456789012345678901234567890123456789012345678901234567890123" // 64 characters
      })
  void anyOtherIdIsItsOwnCanonicalForm(String text) {
    assertEquals(text, ResourceId.parse(text).orElseThrow().canonical());
  }

  @ParameterizedTest
  @CsvSource({"Group,group", "a-b,ab", "a_b,a-b"})
  void otherIdsAreEqualToThemselvesAlone(String one, String other) {
    assertNotEquals(ResourceId.parse(one).orElseThrow(), ResourceId.parse(other).orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "-a",
        "_a",
        " a",
        "a ",
        "a b",
        "a%20b",
        "a/b",
        "a.b",
        "a,b",
        "a:b",
        "a@b",
        "a[b",
        "a`b",
        "a{b",
        "ä",
        "٣",
        "a\u0000",
        "a\n",
        "01234567890123456789012345678901234567890123456789012345678901234" // 65 characters
      })
  void whatBreaksTheRulesIsNoId(String text) {
    assertTrue(ResourceId.parse(text).isEmpty());
  }

  @Test
  void anIdIsNotItsText() {
    assertNotEquals((Object) "a", ResourceId.parse("a").orElseThrow());
  }
}
