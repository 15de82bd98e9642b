package dev.marketreserve.bench;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
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
import java.util.stream.Collectors;

/** The measurements: for each function and figure, one value per round. */
final class Results {

  static final String OURS = "Market Reserve, restored";
  static final String BASELINE = "the baseline, restored";
  static final String BY_HAND = "handwritten, cold";
  static final String NODE = "Node, SDK v3, cold";
  static final String PYTHON = "Python, boto3, cold";
  static final String GO = "Go, SDK v2, cold";

  static final String TLS = ", TLS";
  static final String PLAIN = ", plain HTTP";

  static final String FIRST = "first ms";
  static final String P50 = "warm p50 ms";
  static final String P99 = "p99 ms";
  static final String PEAK = "peak MB";
  static final String ATTEMPTS = "attempts";

  private static final List<String> COLUMNS =
      List.of(
          FIRST + TLS,
          FIRST + PLAIN,
          P50 + TLS,
          P99 + TLS,
          P50 + PLAIN,
          PEAK + TLS,
          ATTEMPTS + TLS);
  private static final int LONGEST_BAR = 60;

  /** The bench writes the part of the page between these lines. */
  private static final String BEGIN = "<!-- mvn -Pbench writes what follows -->\n";

  private static final String END = "<!-- mvn -Pbench wrote what precedes -->";

  private final Map<String, Map<String, List<Double>>> values = new LinkedHashMap<>();

  void add(String function, String figure, double value) {
    values
        .computeIfAbsent(function, key -> new LinkedHashMap<>())
        .computeIfAbsent(figure, key -> new ArrayList<>())
        .add(value);
  }

  /**
   * Writes every value into {@code performance.json}, and their medians into the page beside it.
   */
  void write(int rounds, int requests) throws IOException {
    String json = new JsonMapper().writeValueAsString(values).replace("},", "},\n");
    Files.writeString(Path.of("docs", "performance.json"), json + "\n");
    String results =
        String.format(
            Locale.ROOT,
            """

            ```
            %s
            %s```

            %s, %d rounds, warm after %,d requests, on %s.

            %s
            %s
            """,
            bars(FIRST + TLS),
            bars(P50 + TLS),
            DateTimeFormatter.ofPattern("d MMMM yyyy", Locale.ENGLISH)
                .format(LocalDate.now(ZoneOffset.UTC)),
            rounds,
            requests,
            machine(),
            table(),
            targets());
    Path page = Path.of("docs", "performance.md");
    String text = Files.readString(page);
    int begin = text.indexOf(BEGIN) + BEGIN.length();
    Files.writeString(page, text.substring(0, begin) + results + text.substring(text.indexOf(END)));
    System.out.println(results);
  }

  private String bars(String figure) {
    double longest =
        values.keySet().stream()
            .mapToDouble(function -> median(function, figure))
            .max()
            .orElseThrow();
    return values.keySet().stream()
        .map(function -> {
          double value = median(function, figure);
          String bar = "█".repeat((int) Math.ceil(value / longest * LONGEST_BAR));
          return "%-25s %s %s%n".formatted(function, bar, number(value));
        })
        .collect(Collectors.joining("", figure + "\n", ""));
  }

  /** The medians, and the smallest and the largest value if they differ. */
  private String table() {
    String head = "| function | %s |%n".formatted(String.join(" | ", COLUMNS));
    return values.keySet().stream()
        .map(function ->
            COLUMNS.stream()
                .map(column -> cell(function, column))
                .collect(Collectors.joining(" | ", "| " + function + " | ", " |\n")))
        .collect(Collectors.joining("", head + "|---".repeat(COLUMNS.size() + 1) + "|\n", ""));
  }

  private String cell(String function, String figure) {
    List<Double> sorted = sorted(function, figure);
    String least = number(sorted.getFirst());
    String most = number(sorted.getLast());
    return least.equals(most)
        ? least
        : "%s (%s–%s)".formatted(number(median(function, figure)), least, most);
  }

  private String targets() {
    double first = median(OURS, FIRST + TLS);
    double warm = median(OURS, P50 + TLS);
    double byHand = median(BY_HAND, P50 + TLS);
    return """
    | figure | target | measured | |
    |---|---|---|---|
    """
        + target(
            "first response over TLS ÷ the baseline's", 0.75, first / median(BASELINE, FIRST + TLS))
        + target(
            "first response over TLS ÷ over plain HTTP", 2.2, first / median(OURS, FIRST + PLAIN))
        + target("warm p50 over TLS ÷ handwritten", 1.2, warm / byHand)
        + target("warm p50 over TLS ÷ Node's", 0.7, warm / median(NODE, P50 + TLS))
        + target("warm p50 over TLS ÷ Python's", 0.7, warm / median(PYTHON, P50 + TLS))
        + target("warm p50 over TLS ÷ Go's", Double.NaN, warm / median(GO, P50 + TLS))
        + target("handwritten ÷ Go's", Double.NaN, byHand / median(GO, P50 + TLS))
        + target("peak memory, MB", 120, median(OURS, PEAK + TLS));
  }

  private static String target(String figure, double most, double measured) {
    String verdict = measured <= most ? "met" : measured > most ? "missed" : "";
    return "| %s | %s | %s | %s |%n"
        .formatted(
            figure, Double.isNaN(most) ? "–" : "≤ " + number(most), number(measured), verdict);
  }

  private static String machine() throws IOException {
    String script =
        """
        echo "$(nproc) cores of an $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1)"
        uname -sr
        echo Java $1
        echo Node $(node --version)
        python3 --version
        go env GOVERSION
        """;
    Process shell =
        new ProcessBuilder("sh", "-c", script, "sh", Runtime.version().toString()).start();
    return shell.inputReader().lines().collect(Collectors.joining(", "));
  }

  /** The median; NaN if the function was not measured. */
  private double median(String function, String figure) {
    List<Double> sorted = sorted(function, figure);
    int size = sorted.size();
    return size == 0 ? Double.NaN : (sorted.get((size - 1) / 2) + sorted.get(size / 2)) / 2;
  }

  private List<Double> sorted(String function, String figure) {
    return values.getOrDefault(function, Map.of()).getOrDefault(figure, List.of()).stream()
        .sorted()
        .toList();
  }

  private static String number(double value) {
    if (Double.isNaN(value)) {
      return "–";
    }
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
  }
}
