package dev.marketreserve.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalDouble;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/** What was measured: a row for each function and DynamoDB, a value of each metric a round. */
final class Results {

  private static final List<String> COLUMNS =
      List.of(
          "cold ms",
          "restored first ms",
          "warm p50 ms",
          "warm p90 ms",
          "warm p99 ms",
          "requests/s",
          "peak MB",
          "artifact MB",
          "calls",
          "snapshot ms");

  private final Map<Key, Row> rows = new LinkedHashMap<>();

  Row row(String function, String dynamoDb) {
    return rows.computeIfAbsent(new Key(function, dynamoDb), key -> new Row());
  }

  /** The medians, with the least and the greatest value of the times, as a table in Markdown. */
  String table() {
    StringBuilder table = new StringBuilder();
    table.append("| function | DynamoDB | ").append(String.join(" | ", COLUMNS)).append(" |\n");
    table.append("|---|---").append("|---".repeat(COLUMNS.size())).append("|\n");
    rows.forEach(
        (key, row) -> {
          table.append("| %s | %s |".formatted(key.function, key.dynamoDb));
          COLUMNS.forEach(column -> table.append(' ').append(row.cell(column)).append(" |"));
          table.append('\n');
        });
    return table.toString();
  }

  /** Takes over what an earlier run wrote. */
  void read(Path directory) throws IOException {
    JsonNode earlier = new JsonMapper().readTree(directory.resolve("results.json").toFile());
    for (JsonNode function : earlier.get("results")) {
      Row row = row(function.get("function").asText(), function.get("dynamodb").asText());
      for (Map.Entry<String, JsonNode> metric : function.properties()) {
        for (JsonNode value : metric.getValue().path("rounds")) {
          row.add(metric.getKey().replace('_', ' '), value.asDouble());
        }
      }
    }
  }

  /**
   * Writes {@code results.json} and {@code plot.svg}.
   *
   * @param requestPath what {@link RequestPath} came to, with the profiler of the collector
   */
  void write(Path directory, int requests, RunResult requestPath) throws IOException {
    Files.createDirectories(directory);
    JsonMapper json = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    ObjectNode root = json.createObjectNode();
    root.put("date", Instant.now().toString());
    root.put("warm_requests", requests);
    root.set("machine", json.valueToTree(machine()));
    ArrayNode measured = root.putArray("results");
    rows.forEach(
        (key, row) -> {
          ObjectNode node = measured.addObject();
          node.put("function", key.function).put("dynamodb", key.dynamoDb);
          row.values.forEach(
              (metric, values) -> {
                ObjectNode measuredValues = node.putObject(metric.replace(' ', '_'));
                measuredValues
                    .put("median", median(values))
                    .set("rounds", json.valueToTree(values));
              });
        });
    Result<?> time = requestPath.getPrimaryResult();
    Result<?> memory =
        Objects.requireNonNull(requestPath.getSecondaryResults().get("gc.alloc.rate.norm"));
    root.putObject("request_path")
        .put(time.getScoreUnit(), time.getScore())
        .put(time.getScoreUnit() + " error", time.getScoreError())
        .put(memory.getScoreUnit(), memory.getScore());
    Files.writeString(directory.resolve("results.json"), json.writeValueAsString(root) + "\n");
    Files.writeString(directory.resolve("plot.svg"), plot());
  }

  private static Map<String, String> machine() throws IOException {
    Map<String, String> machine = new LinkedHashMap<>();
    String cpu =
        Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
            .filter(line -> line.startsWith("model name"))
            .map(line -> line.replaceFirst(".*: ", ""))
            .findFirst()
            .orElse(System.getProperty("os.arch"));
    machine.put("cpu", cpu);
    machine.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
    machine.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    machine.put("load", Files.readString(Path.of("/proc/loadavg")).strip());
    machine.put("java", Runtime.version().toString());
    machine.put("node", version("node", "--version"));
    machine.put("python", version("python3", "--version"));
    machine.put("go", version("go", "version"));
    machine.put("rust", version("rustc", "--version"));
    return machine;
  }

  private static String version(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "not installed";
    }
  }

  /** The first response and the warm median of each function on the stub, as bars. */
  private String plot() {
    StringBuilder bars = new StringBuilder();
    int y = 30;
    y = panel(bars, y, "first response, ms", List.of("restored first ms", "cold ms"));
    y = panel(bars, y + 30, "warm request, p50, ms", List.of("warm p50 ms"));
    return """
        <svg xmlns="http://www.w3.org/2000/svg" width="720" height="%d" font-family="sans-serif" font-size="13">
        <rect width="100%%" height="100%%" fill="white"/>
        %s</svg>
        """
        .formatted(y, bars);
  }

  private int panel(StringBuilder bars, int top, String title, List<String> metrics) {
    double longest =
        rows.values().stream().mapToDouble(r -> r.median(metrics).orElse(0)).max().orElse(1);
    bars.append("<text x=\"10\" y=\"%d\" font-weight=\"bold\">%s</text>\n".formatted(top, title));
    int y = top + 10;
    for (Map.Entry<Key, Row> entry : rows.entrySet()) {
      OptionalDouble value = entry.getValue().median(metrics);
      if (entry.getKey().dynamoDb.equals("stub") && value.isPresent()) {
        double width = Math.max(1, 430 * value.getAsDouble() / longest);
        bars.append(
            """
            <text x="200" y="%d" text-anchor="end">%s</text>
            <rect x="210" y="%d" width="%.0f" height="16" fill="%s"/>
            <text x="%.0f" y="%d">%s</text>
            """
                .formatted(
                    y + 14,
                    entry.getKey().function,
                    y + 1,
                    width,
                    OURS.contains(entry.getKey().function) ? "#d9730d" : "#7a869a",
                    216 + width,
                    y + 14,
                    number(value.getAsDouble())));
        y += 21;
      }
    }
    return y + 10;
  }

  private static final List<String> OURS = List.of("SnapStart", "zip");

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int half = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(half)
        : (sorted.get(half - 1) + sorted.get(half)) / 2;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%,.0f", value);
  }

  private record Key(String function, String dynamoDb) {}

  /** The values of one function on one DynamoDB. */
  static final class Row {

    private final Map<String, List<Double>> values = new LinkedHashMap<>();

    void add(String metric, double value) {
      values.computeIfAbsent(metric, key -> new ArrayList<>()).add(value);
    }

    private OptionalDouble median(List<String> metrics) {
      return metrics.stream()
          .filter(values::containsKey)
          .mapToDouble(metric -> Results.median(Objects.requireNonNull(values.get(metric))))
          .findFirst();
    }

    private String cell(String metric) {
      List<Double> all = values.get(metric);
      if (all == null) {
        return "–";
      }
      String median = number(Results.median(all));
      return metric.endsWith("ms")
          ? "%s (%s–%s)"
              .formatted(
                  median,
                  number(all.stream().min(Double::compare).orElseThrow()),
                  number(all.stream().max(Double::compare).orElseThrow()))
          : median;
    }
  }
}
