package dev.marketreserve.chaos;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.Events;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Makes random payloads: an event of {@code events/} with other ids, in which up to three JSON
 * tokens are replaced, and sometimes a few bytes too.
 */
record Payload(RandomGenerator random) {

  private static final List<ObjectNode> EVENTS = events();
  private static final List<String> INSTANCES =
      List.of("instance", "73C58022F20D495AA18885D718647F09", "foreign", "broken");
  private static final List<String> GROUPS =
      List.of("free", "throttled", "lost", "held", "held-by-another");

  private static final Pattern TOKEN =
      Pattern.compile("\"(?:[^\"\\\\]|\\\\.)*+\"|[-+0-9.eE]++|true|false|null");

  private static final List<String> VALUES =
      List.of(
          "null",
          "true",
          "7",
          "-0.1e-7",
          "1e999999999",
          "9".repeat(900),
          "[]",
          "[null, \"a\", 1]",
          " {\"a\":{}}\t\r\n",
          "\"\"",
          "\" \"",
          "\"true\"",
          "\"%2e%2e\"",
          "\"" + "a".repeat(65) + "\"",
          "\"" + "a".repeat(256) + "\"",
          "\"a\\r\\nSet-Cookie: a=b\"",
          "\"\\n{\\\"status\\\":201}\\n\"",
          "\"\\u0000\\u007f\\u0085\\u2028\"",
          "\"\\ud800\"",
          "\"\\udc00\\ud800\"",
          "\"\\ud83d\\ude00\"",
          "\"\ud83d\ude00\"");

  /** Very deep nesting, very long numbers and texts. */
  private static final List<String> BOMBS =
      List.of(
          "[".repeat(400) + "]".repeat(400),
          "[".repeat(1500),
          "{\"group_id\":".repeat(1500) + "1" + "}".repeat(1500),
          "{\"group_id\":" + "1".repeat(1500) + "}",
          "\"" + "é".repeat(2100) + "\"");

  private static final List<byte[]> INVALID_UTF_8 =
      List.of(
          new byte[] {(byte) 0xff},
          new byte[] {(byte) 0xc0, (byte) 0x80},
          new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
          new byte[] {(byte) 0xf5, (byte) 0x80, (byte) 0x80, (byte) 0x80},
          new byte[] {(byte) 0xe2, (byte) 0x82});

  byte[] next() {
    ObjectNode event = pick(EVENTS).deepCopy();
    event.withObject("/pathParameters").put("instance_id", pick(INSTANCES));
    String body =
        odds(90) ? "{\"group_id\": \"" + pick(GROUPS) + "\"}" : event.get("body").asText();
    byte[] bytes = utf8(changed(body));
    if (odds(30)) {
      String base64 = Base64.getEncoder().encodeToString(odds(30) ? damaged(bytes) : bytes);
      event.put("isBase64Encoded", true).put("body", base64);
    } else {
      event.put("body", new String(bytes, StandardCharsets.UTF_8));
    }
    byte[] payload = utf8(changed(event.toString()));
    return switch (random.nextInt(20)) {
      case 0 -> bytes(200);
      case 1 -> Arrays.copyOf(payload, random.nextInt(payload.length));
      case 2 -> damaged(payload);
      default -> payload;
    };
  }

  /** The payload in visible ASCII, with all other bytes as {@code \xNN}. */
  static String toString(byte[] payload) {
    StringBuilder text = new StringBuilder();
    for (byte b : payload) {
      text.append(
          b >= ' ' && b <= '~' && b != '\\' ? (char) b : String.format(Locale.ROOT, "\\x%02x", b));
    }
    return text.toString();
  }

  /**
   * The text with up to three JSON tokens removed, replaced, or repeated as the name of a member.
   */
  private String changed(String json) {
    String changed = json;
    for (int i = odds(50) ? 0 : random.nextInt(1, 4); i > 0; i--) {
      List<MatchResult> tokens = TOKEN.matcher(changed).results().toList();
      if (!tokens.isEmpty()) {
        MatchResult token = pick(tokens);
        changed =
            changed.substring(0, token.start())
                + replacement(token.group())
                + changed.substring(token.end());
      }
    }
    return changed;
  }

  private String replacement(String token) {
    return switch (random.nextInt(20)) {
      case 0 -> pick(BOMBS);
      case 1, 2 -> "";
      case 3, 4, 5 -> token + ":" + pick(VALUES) + "," + token;
      case 6, 7, 8 -> "\"" + new String(bytes(40), StandardCharsets.ISO_8859_1) + "\"";
      default -> pick(VALUES);
    };
  }

  /** Replaces one to three bytes with invalid UTF-8 or with any other bytes. */
  private byte[] damaged(byte[] bytes) {
    byte[] damaged = bytes;
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      int at = random.nextInt(damaged.length + 1);
      ByteArrayOutputStream output = new ByteArrayOutputStream();
      output.write(damaged, 0, at);
      output.writeBytes(odds(50) ? pick(INVALID_UTF_8) : bytes(3));
      output.write(damaged, Math.min(at + 1, damaged.length), Math.max(0, damaged.length - at - 1));
      damaged = output.toByteArray();
    }
    return damaged;
  }

  private byte[] bytes(int size) {
    byte[] bytes = new byte[random.nextInt(size)];
    random.nextBytes(bytes);
    return bytes;
  }

  private <T> T pick(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  /** True in this percentage of cases. */
  private boolean odds(int percent) {
    return random.nextInt(100) < percent;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static List<ObjectNode> events() {
    try {
      return Events.names().stream().map(Events::load).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
