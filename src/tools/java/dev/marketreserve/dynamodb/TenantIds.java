package dev.marketreserve.dynamodb;

import dev.marketreserve.reservation.ResourceId;
import java.util.Optional;
import java.util.stream.Stream;

/** A tenant's ids as a caller writes them: in any spelling, valid or not. */
public record TenantIds(String domainId, String projectId, String instanceId) {

  /** Parses a tenant written as {@code domain:project:instance}. */
  public static TenantIds parse(String text) {
    String[] ids = text.split(":", -1);
    if (ids.length != 3 || Stream.of(ids).map(ResourceId::parse).anyMatch(Optional::isEmpty)) {
      throw new IllegalArgumentException(
          "a tenant is written domain:project:instance, not " + text);
    }
    return new TenantIds(ids[0], ids[1], ids[2]);
  }
}
