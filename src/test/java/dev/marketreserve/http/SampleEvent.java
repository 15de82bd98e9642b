package dev.marketreserve.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file of {@code events/} and its expected response.
 *
 * @param name the file's name, without its extension
 * @param sentBefore the event to send first; null for none
 * @param response the status, followed by the error code if there is one
 * @param groupId the group in the response; null for an error
 */
public record SampleEvent(
    String name, @Nullable String sentBefore, String response, @Nullable String groupId) {

  /** All sample events. */
  public static final List<SampleEvent> ALL =
      List.of(
          new SampleEvent("already-reserved", "reserve", "409 APIG.3402", null),
          refused("foreign-instance", "403 APIG.1136"),
          refused("group-id-not-a-string", "400 APIG.2012"),
          refused("group-id-too-long", "400 APIG.2006"),
          refused("malformed-body", "400 APIG.2000"),
          refused("missing-domain", "400 APIG.2001"),
          refused("missing-group-id", "400 APIG.2001"),
          refused("repeated-domain", "400 APIG.2012"),
          reserved("reserve", "73c58022-f20d-495a-a188-85d718647f09"),
          reserved("reserve-base64-body", "9d0c1e2f-3a4b-4c5d-8e6f-7a8b9c0d1e2f"),
          reserved("reserve-lower-case-headers", "c4d5e6f7a8b94c0d8e1f2a3b4c5d6e7f"),
          reserved("reserve-with-idempotency-key", "2b1f6f9e-7c53-4d0a-9a1e-6f0c8d5b4a31"));

  private static SampleEvent refused(String name, String response) {
    return new SampleEvent(name, null, response, null);
  }

  private static SampleEvent reserved(String name, String groupId) {
    return new SampleEvent(name, null, "201", groupId);
  }

  /** Whether the event reserves a group. */
  public boolean reserves() {
    return groupId != null;
  }

  /** Asserts that {@code received} is the expected response. */
  public void assertMatches(ReceivedResponse received) {
    assertEquals(response, received.summary(), received::toString);
    assertEquals("application/json", received.headers().get("Content-Type"));
    if (groupId != null) {
      assertEquals(groupId, received.body().get("group_id").asText());
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
