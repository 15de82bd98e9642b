package dev.marketreserve.dynamodb;

/** A tenant and its gateway instance, the ids in any spelling. */
public record Tenant(String domainId, String projectId, String instanceId) {

  /** The tenant that {@code domain:project:instance} names. */
  public static Tenant parse(String text) {
    String[] ids = text.split(":", -1);
    if (ids.length != 3) {
      throw new IllegalArgumentException(
          "a tenant is written domain:project:instance, not " + text);
    }
    return new Tenant(ids[0], ids[1], ids[2]);
  }
}
