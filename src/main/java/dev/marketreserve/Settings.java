package dev.marketreserve;

import java.util.Map;

/**
 * The function's settings, from its environment variables.
 *
 * @param reservationsTable the name of the reservations table, from {@value #RESERVATIONS_TABLE}
 * @param instanceOwnersTable the name of the instance owners table, from {@value
 *     #INSTANCE_OWNERS_TABLE}
 */
public record Settings(String reservationsTable, String instanceOwnersTable) {

  public static final String RESERVATIONS_TABLE = "RESERVATIONS_TABLE";
  public static final String INSTANCE_OWNERS_TABLE = "INSTANCE_OWNERS_TABLE";

  /**
   * Reads the settings.
   *
   * @param environment the process's variables, as in {@link System#getenv()}
   * @throws IllegalStateException if a variable is missing or blank; the message names it
   */
  public static Settings from(Map<String, String> environment) {
    return new Settings(
        required(environment, RESERVATIONS_TABLE), required(environment, INSTANCE_OWNERS_TABLE));
  }

  private static String required(Map<String, String> environment, String name) {
    String value = environment.get(name);
    if (value == null || value.isBlank()) {
      throw new IllegalStateException(
          "Environment variable " + name + " is not set; it must name a DynamoDB table.");
    }
    return value;
  }
}
