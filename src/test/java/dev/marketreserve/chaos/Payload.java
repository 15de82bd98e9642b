package dev.marketreserve.chaos;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * A random payload for the function: mostly a proxy event with a few faults, otherwise another JSON
 * value or invalid JSON.
 */
final class Payload {

  /** Jackson refuses the escape of a lone surrogate in a name. */
  private static final Pattern SURROGATE_IN_A_NAME = Pattern.compile("\\\\ud[^\"]*\":");

  private final byte[] bytes;
  private final boolean isJson;

  private Payload(byte[] bytes, boolean isJson) {
    this.bytes = bytes;
    this.isJson = isJson;
  }

  InputStream open() {
    return new ByteArrayInputStream(bytes);
  }

  /** Whether this is certainly JSON. */
  boolean isJson() {
    return isJson;
  }

  /** The payload, with all bytes except visible ASCII as {@code \xNN}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (byte b : bytes) {
      text.append(
          b >= ' ' && b <= '~' && b != '\\' ? (char) b : String.format(Locale.ROOT, "\\x%02x", b));
    }
    return text.toString();
  }

  static Payload random(RandomGenerator random) {
    Generator generator = new Generator(random);
    return switch (random.nextInt(20)) {
      case 0 -> new Payload(generator.bytes(200), false);
      case 1 -> new Payload(generator.truncated(utf8(generator.event())), false);
      case 2 -> new Payload(generator.damaged(utf8(generator.event())), false);
      case 3 -> new Payload(utf8(generator.bomb(5_000)), false);
      case 4 -> json(generator.json());
      default -> json(generator.event());
    };
  }

  private static Payload json(String json) {
    return new Payload(utf8(json), !SURROGATE_IN_A_NAME.matcher(json).find());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Creates valid and faulty API Gateway events, and their parts. */
  private record Generator(RandomGenerator random) {

    private static final List<String> IDS =
        List.of(
            "73c58022-f20d-495a-a188-85d718647f09",
            "73C58022F20D495AA18885D718647F09",
            "another_id",
            "foreign",
            "broken",
            "throttled",
            "lost",
            "held",
            "held-by-another");

    private static final List<String> TEXTS =
        List.of(
            "",
            " ",
            "\n{\"status\":201}\n",
            "a\r\nSet-Cookie: a=b",
            "a\nb",
            "%2e%2e",
            "\u0000",
            "\u007f",
            "\u0085",
            "\u2028",
            "\ud800",
            "\udc00\ud800",
            "\ud83d\ude00",
            "é");

    private static final List<byte[]> INVALID_UTF_8 =
        List.of(
            new byte[] {(byte) 0xff},
            new byte[] {(byte) 0xc0, (byte) 0x80},
            new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
            new byte[] {(byte) 0xf5, (byte) 0x80, (byte) 0x80, (byte) 0x80},
            new byte[] {(byte) 0xe2, (byte) 0x82});

    String event() {
      List<String> members = new ArrayList<>();
      add(members, "httpMethod", () -> text("POST"));
      add(members, "pathParameters", () -> object(this::pathParameter, 2));
      add(members, "headers", () -> object(this::header, 3));
      add(members, "multiValueHeaders", () -> odds(70) ? "null" : object(this::headerList, 2));
      add(members, "requestContext", this::requestContext);
      boolean base64 = odds(40);
      add(members, "body", () -> nullable(() -> text(base64 ? base64(body()) : body())));
      add(members, "isBase64Encoded", () -> base64 ? "true" : "false");
      if (odds(10)) {
        Collections.shuffle(members, Random.from(random));
      }
      return "{" + String.join(",", members) + "}";
    }

    private String requestContext() {
      List<String> members = new ArrayList<>();
      add(members, "requestId", () -> text(requestId()));
      add(
          members,
          "identity",
          () -> "{\"userArn\":" + nullable(() -> text(mostly("arn:aws:iam::1:user/a"))) + "}");
      return "{" + String.join(",", members) + "}";
    }

    private String requestId() {
      return switch (random.nextInt(10)) {
        case 0 -> unusual();
        case 1 -> "a".repeat(random.nextInt(126, 131));
        default -> "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";
      };
    }

    private String pathParameter(int index) {
      return text(mostly(index == 0 ? "project_id" : "instance_id"))
          + ":"
          + nullable(() -> text(id()));
    }

    private String header(int index) {
      return text(mostly(headerName(index))) + ":" + nullable(() -> text(id()));
    }

    private String headerList(int index) {
      List<String> values = new ArrayList<>();
      for (int i = random.nextInt(3); i > 0; i--) {
        values.add(nullable(() -> text(id())));
      }
      return text(mostly(headerName(index)))
          + ":"
          + mostly("[" + String.join(",", values) + "]", this::json);
    }

    private String headerName(int index) {
      return switch (index) {
        case 0 -> odds(50) ? "X-Domain-Id" : "x-domain-id";
        case 1 -> "Idempotency-Key";
        default -> odds(50) ? "X-DOMAIN-ID" : "Accept";
      };
    }

    private String body() {
      return switch (random.nextInt(10)) {
        case 0 -> unusual();
        case 1 -> bomb(5_000);
        case 2 -> json();
        default -> {
          List<String> members = new ArrayList<>();
          add(members, "group_id", () -> nullable(() -> text(id())));
          if (odds(20)) {
            members.add(text(unusual()) + ":" + json());
          }
          yield "{" + String.join(",", members) + "}" + (odds(2) ? unusual() : "");
        }
      };
    }

    private String base64(String body) {
      byte[] bytes = utf8(body);
      String encoded = Base64.getEncoder().encodeToString(odds(10) ? damaged(bytes) : bytes);
      return mostly(encoded, () -> odds(50) ? body : encoded.substring(encoded.length() / 3));
    }

    /** Adds the member; sometimes twice, under another name, with another type, or not at all. */
    private void add(List<String> members, String name, Supplier<String> value) {
      switch (random.nextInt(100)) {
        case 0 -> {}
        case 1 -> members.add(text(name) + ":" + json());
        case 2 -> members.add(text(unusual()) + ":" + value.get());
        case 3 -> {
          members.add(text(name) + ":" + value.get());
          members.add(text(name) + ":" + (odds(50) ? value.get() : json()));
        }
        default -> members.add(text(name) + ":" + value.get());
      }
    }

    /** An object with up to this many members; the first ones occur more often. */
    private String object(IntFunction<String> member, int size) {
      List<String> members = new ArrayList<>();
      for (int i = 0; i < size && !odds(3); i++) {
        members.add(member.apply(i));
      }
      return "{" + String.join(",", members) + "}";
    }

    private String id() {
      return switch (random.nextInt(30)) {
        case 0 -> unusual();
        case 1 -> "a".repeat(random.nextInt(62, 300));
        default -> IDS.get(random.nextInt(IDS.size()));
      };
    }

    /** Any JSON value. */
    String json() {
      return switch (random.nextInt(12)) {
        case 0 -> "null";
        case 1 -> "true";
        case 2 -> "7";
        case 3 -> "-0.1e-7";
        case 4 -> "1e999999999";
        case 5 -> "9".repeat(random.nextInt(1, 900));
        case 6 -> text("true");
        case 7 -> "[" + json() + "," + json() + "]";
        case 8 -> "{" + text(unusual()) + ":" + json() + "}";
        case 9 -> "[".repeat(400) + "]".repeat(400);
        case 10 -> " {\"a\":{}}\t\r\n";
        default -> text(unusual());
      };
    }

    /** Very deep nesting, or a very long number or text. */
    String bomb(int size) {
      int times = random.nextInt(size);
      return switch (random.nextInt(6)) {
        case 0 -> "[".repeat(times) + "]".repeat(times);
        case 1 -> "{\"a\":".repeat(times) + "1" + "}".repeat(times);
        case 2 -> "{\"group_id\":".repeat(times);
        case 3 -> "{\"group_id\":" + "1".repeat(times) + "}";
        case 4 -> "[".repeat(times);
        default -> "{\"headers\":" + "[".repeat(times) + "]".repeat(times) + "}";
      };
    }

    /** The text as JSON. Escapes what it must, and sometimes more. */
    private String text(String text) {
      int escaped = odds(5) ? 50 : 0;
      StringBuilder json = new StringBuilder("\"");
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        if (c < ' ' || c == '"' || c == '\\' || Character.isSurrogate(c) || odds(escaped)) {
          json.append("\\u").append(String.format(Locale.ROOT, "%04x", (int) c));
        } else {
          json.append(c);
        }
      }
      return json.append('"').toString();
    }

    private String unusual() {
      if (odds(50)) {
        return TEXTS.get(random.nextInt(TEXTS.size()));
      }
      StringBuilder text = new StringBuilder();
      for (int i = random.nextInt(40); i > 0; i--) {
        text.append((char) random.nextInt(odds(50) ? 0x80 : 0x10000));
      }
      return text.toString();
    }

    private String mostly(String usual) {
      return mostly(usual, this::unusual);
    }

    private String mostly(String usual, Supplier<String> unusual) {
      return odds(3) ? unusual.get() : usual;
    }

    private String nullable(Supplier<String> json) {
      return odds(2) ? "null" : json.get();
    }

    byte[] bytes(int size) {
      byte[] bytes = new byte[random.nextInt(size)];
      random.nextBytes(bytes);
      return bytes;
    }

    byte[] truncated(byte[] bytes) {
      return Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
    }

    /** Replaces one to three bytes with invalid UTF-8 or with any other bytes. */
    byte[] damaged(byte[] bytes) {
      byte[] damaged = bytes;
      for (int i = random.nextInt(1, 4); i > 0; i--) {
        int at = random.nextInt(damaged.length + 1);
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        output.write(damaged, 0, at);
        output.writeBytes(
            odds(50) ? INVALID_UTF_8.get(random.nextInt(INVALID_UTF_8.size())) : bytes(3));
        output.write(
            damaged, Math.min(at + 1, damaged.length), Math.max(0, damaged.length - at - 1));
        damaged = output.toByteArray();
      }
      return damaged;
    }

    /** True in this percentage of cases. */
    private boolean odds(int percent) {
      return random.nextInt(100) < percent;
    }
  }
}
