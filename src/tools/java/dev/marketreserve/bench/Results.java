package dev.marketreserve.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The measurements: one row per function and transport, one value per metric and round. */
final class Results {

  static final String OURS = "Market Reserve, restored";
  static final String BASELINE = "the baseline, restored";
  static final String BY_HAND = "the two calls by hand, cold";
  static final String EMPTY = "empty handler, restored";
  static final String NODE = "Node, SDK v3, cold";
  static final String PYTHON = "Python, boto3, cold";
  static final String GO = "Go, SDK v2, cold";

  static final String TLS = "TLS";
  static final String PLAIN = "plain HTTP";

  static final String FIRST = "first ms";
  static final String WARM_P50 = "warm p50 ms";
  static final String WARM_P99 = "warm p99 ms";
  static final String PEAK = "peak MB";
  static final String CALLS = "calls";

  /** The bench writes the part of the page between these lines. */
  private static final String BEGIN = "<!-- mvn -Pbench writes what follows -->\n";

  private static final String END = "<!-- mvn -Pbench wrote what precedes -->\n";

  private final int rounds;
  private final int requests;
  private final Map<Key, Row> rows = new LinkedHashMap<>();

  Results(int rounds, int requests) {
    this.rounds = rounds;
    this.requests = requests;
  }

  Row row(String function, String transport) {
    return rows.computeIfAbsent(new Key(function, transport), key -> new Row());
  }

  /**
   * Writes the tables into {@code performance.md}, and the plot and every round into files beside
   * it.
   */
  void write(Path docs) throws IOException {
    Path page = docs.resolve("performance.md");
    String text = Files.readString(page);
    int begin = text.indexOf(BEGIN) + BEGIN.length();
    String plot = "![first response and warm request of each function](performance.svg)";
    String written = String.join("\n", "", plot, "", circumstances(), "", table(), targets(), "");
    Files.writeString(page, text.substring(0, begin) + written + text.substring(text.indexOf(END)));
    Files.writeString(docs.resolve("performance.json"), json());
    Files.writeString(docs.resolve("performance.svg"), plot());
    System.out.println(written);
  }

  private String circumstances() throws IOException {
    return String.format(
        Locale.ROOT,
        "%s, %d rounds, warm after %,d requests, on %s.",
        DateTimeFormatter.ofPattern("d MMMM yyyy", Locale.ENGLISH)
            .format(LocalDate.now(ZoneOffset.UTC)),
        rounds,
        requests,
        String.join(", ", machine().values()));
  }

  /** The medians, with the smallest and the largest value of the most important times. */
  private String table() {
    StringBuilder table =
        new StringBuilder(
            """
            | function | first, TLS, ms | first, plain HTTP | warm p50, TLS | p99, TLS | \
            warm p50, plain HTTP | peak MB | calls |
            |---|---|---|---|---|---|---|---|
            """);
    functions()
        .forEach(
            function ->
                table.append(
                    "| %s | %s | %s | %s | %s | %s | %s | %s |%n"
                        .formatted(
                            function,
                            spread(function, TLS, FIRST),
                            spread(function, PLAIN, FIRST),
                            spread(function, TLS, WARM_P50),
                            median(function, TLS, WARM_P99).map(Results::number).orElse("–"),
                            spread(function, PLAIN, WARM_P50),
                            number(peak(function)),
                            number(median(function, PLAIN, CALLS).orElseThrow()))));
    return table.toString();
  }

  private String targets() {
    StringBuilder table =
        new StringBuilder("| figure | target | measured | |\n|---|---|---|---|\n");
    ratio(table, "first response over TLS ÷ the baseline's", 0.75, OURS, TLS, FIRST, BASELINE, TLS);
    ratio(table, "first response over TLS ÷ over plain HTTP", 2.2, OURS, TLS, FIRST, OURS, PLAIN);
    ratio(
        table, "warm p50 over TLS ÷ the two calls by hand", 1.2, OURS, TLS, WARM_P50, BY_HAND, TLS);
    ratio(table, "warm p50 over TLS ÷ Node's", 0.7, OURS, TLS, WARM_P50, NODE, TLS);
    ratio(table, "warm p50 over TLS ÷ Python's", 0.7, OURS, TLS, WARM_P50, PYTHON, TLS);
    ratio(table, "warm p50 over TLS ÷ Go's", Double.NaN, OURS, TLS, WARM_P50, GO, TLS);
    ratio(table, "the two calls by hand ÷ Go's", Double.NaN, BY_HAND, TLS, WARM_P50, GO, TLS);
    table.append(target("peak memory, MB", 120, peak(OURS)));
    return table.toString();
  }

  private void ratio(
      StringBuilder table,
      String figure,
      double most,
      String function,
      String transport,
      String metric,
      String other,
      String otherTransport) {
    Optional<Double> measured = median(function, transport, metric);
    Optional<Double> compared = median(other, otherTransport, metric);
    if (measured.isPresent() && compared.isPresent()) {
      table.append(target(figure, most, measured.get() / compared.get()));
    }
  }

  private static String target(String figure, double most, double measured) {
    return Double.isNaN(most)
        ? "| %s | – | %s | |%n".formatted(figure, number(measured))
        : "| %s | ≤ %s | %s | %s |%n"
            .formatted(
                figure,
                most < 10 ? Double.toString(most) : number(most),
                number(measured),
                measured <= most ? "met" : "missed");
  }

  private String json() throws IOException {
    JsonMapper json = new JsonMapper();
    return rows.entrySet().stream()
        .map(
            entry -> {
              ObjectNode node = json.createObjectNode();
              node.put("function", entry.getKey().function);
              node.put("transport", entry.getKey().transport);
              entry
                  .getValue()
                  .values
                  .forEach((metric, all) -> node.set(metric, json.valueToTree(all)));
              return node.toString();
            })
        .collect(Collectors.joining(",\n", "[\n", "\n]\n"));
  }

  private static Map<String, String> machine() throws IOException {
    Map<String, String> machine = new LinkedHashMap<>();
    String cpu =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.replaceFirst(".*: ", ""))
            .findFirst()
            .orElse(System.getProperty("os.arch"));
    int cores = Runtime.getRuntime().availableProcessors();
    machine.put("cpu", cores + " cores of an " + cpu);
    machine.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    machine.put("java", "Java " + Runtime.version());
    machine.put("node", "Node " + version("node", "--version"));
    machine.put("python", version("python3", "--version"));
    machine.put("go", version("go", "env", "GOVERSION"));
    return machine;
  }

  private static String version(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return command[0] + " not installed";
    }
  }

  private List<String> functions() {
    return rows.keySet().stream().map(Key::function).distinct().toList();
  }

  /** The first response and the warm median of each function over TLS, as bars. */
  private String plot() {
    StringBuilder bars = new StringBuilder();
    int y = panel(bars, 30, "first response, ms", FIRST);
    y = panel(bars, y + 30, "warm request, p50, ms", WARM_P50);
    return """
        <svg xmlns="http://www.w3.org/2000/svg" width="720" height="%s" font-family="sans-serif" font-size="13">
        <rect width="100%%" height="100%%" fill="white"/>
        %s</svg>
        """
        .formatted(y, bars);
  }

  private int panel(StringBuilder bars, int top, String title, String metric) {
    bars.append("<text x=\"10\" y=\"%s\" font-weight=\"bold\">%s</text>\n".formatted(top, title));
    Map<String, Double> medians = new LinkedHashMap<>();
    functions()
        .forEach(
            function ->
                median(function, TLS, metric).ifPresent(value -> medians.put(function, value)));
    double longest = medians.values().stream().max(Double::compare).orElse(1.0);
    int y = top + 10;
    for (Map.Entry<String, Double> entry : medians.entrySet()) {
      long width = Math.round(Math.max(1, 430 * entry.getValue() / longest));
      bars.append(
          """
          <text x="200" y="%s" text-anchor="end">%s</text>
          <rect x="210" y="%s" width="%s" height="16" fill="%s"/>
          <text x="%s" y="%s">%s</text>
          """
              .formatted(
                  y + 14,
                  entry.getKey(),
                  y + 1,
                  width,
                  entry.getKey().startsWith("Market Reserve") ? "#d9730d" : "#7a869a",
                  216 + width,
                  y + 14,
                  number(entry.getValue())));
      y += 21;
    }
    return y + 10;
  }

  private Optional<Double> median(String function, String transport, String metric) {
    return values(function, transport, metric).map(Results::median);
  }

  private Optional<List<Double>> values(String function, String transport, String metric) {
    return Optional.ofNullable(rows.get(new Key(function, transport)))
        .map(row -> row.values.get(metric));
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }

  /** The value over TLS, if there is one. */
  private double peak(String function) {
    return median(function, TLS, PEAK).or(() -> median(function, PLAIN, PEAK)).orElseThrow();
  }

  private String spread(String function, String transport, String metric) {
    return values(function, transport, metric)
        .map(
            all ->
                "%s (%s–%s)"
                    .formatted(
                        number(median(all)),
                        number(all.stream().min(Double::compare).orElseThrow()),
                        number(all.stream().max(Double::compare).orElseThrow())))
        .orElse("–");
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
  }

  private record Key(String function, String transport) {}

  /** The values of one function over one transport. */
  static final class Row {

    private final Map<String, List<Double>> values = new LinkedHashMap<>();

    void add(String metric, double value) {
      values.computeIfAbsent(metric, key -> new ArrayList<>()).add(value);
    }
  }
}
