package dev.marketreserve.dynamodb;

/** Who owns a gateway instance, the ids in any spelling. */
public record Owner(String domainId, String projectId, String instanceId) {

  /** The owner that {@code domain:project:instance} names. */
  public static Owner parse(String text) {
    String[] ids = text.split(":", -1);
    if (ids.length != 3) {
      throw new IllegalArgumentException(
          "an owner is written domain:project:instance, not " + text);
    }
    return new Owner(ids[0], ids[1], ids[2]);
  }
}
