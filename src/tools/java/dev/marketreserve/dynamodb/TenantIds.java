package dev.marketreserve.dynamodb;

import dev.marketreserve.reservation.ResourceId;
import java.util.Optional;
import java.util.stream.Stream;

/** The ids of a tenant as a caller writes them, in any spelling, well-formed or not. */
public record TenantIds(String domainId, String projectId, String instanceId) {

  /** The tenant that {@code domain:project:instance} names. */
  public static TenantIds parse(String text) {
    String[] ids = text.split(":", -1);
    if (ids.length != 3 || Stream.of(ids).map(ResourceId::parse).anyMatch(Optional::isEmpty)) {
      throw new IllegalArgumentException(
          "a tenant is written domain:project:instance, not " + text);
    }
    return new TenantIds(ids[0], ids[1], ids[2]);
  }
}
