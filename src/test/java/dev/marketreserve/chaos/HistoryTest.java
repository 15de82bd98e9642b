package dev.marketreserve.chaos;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.chaos.History.Violation;
import dev.marketreserve.chaos.Step.LookUp;
import dev.marketreserve.chaos.Step.Register;
import dev.marketreserve.chaos.Step.Release;
import dev.marketreserve.chaos.Step.Reserve;
import dev.marketreserve.chaos.Step.Revoke;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Handwritten histories in a shorthand: in {@code 1-3 reserve a=201:p}, the tenant of domain {@code
 * a} requests the group at 1. At 3, it gets a 201 with the purchase id {@code p}. {@code a.k} has
 * the key {@code k}, {@code =201~p} is a replay, {@code =?} an unknown outcome.
 */
class HistoryTest {

  private static final Pattern STEP =
      Pattern.compile(
          "(?<start>\\d+)-(?<end>\\d+) (?<step>\\S+) (?<who>\\w+)([.](?<key>\\w+))?( (?<to>\\w+))?"
              + "(=([?]|(?<status>\\d+)))?([:~@](?<id>\\w+))?");
  private static final Map<String, String> ERRORS = Map.of("403", "APIG.1136", "409", "APIG.3402");
  private static final String OWNED = "0-0 register a; 0-0 register b; ";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1-2 reserve a=201:p; 3-4 reserve b=409; 5-6 look-up p@a",
        "1-4 reserve a=201:p; 2-3 reserve b=409",
        "1-4 reserve b=409; 2-3 reserve a=201:p",
        "1-2 reserve a=?; 3-4 look-up none",
        "1-2 reserve a=?; 3-4 look-up none; 5-6 look-up p@a",
        "1-2 reserve a=?; 3-4 reserve b=201:q; 5-6 look-up q@b",
        "1-2 reserve a=?; 3-4 reserve b=409; 5-6 look-up p@a",
        "1-2 reserve a.k=?; 3-4 reserve a.k=201~p; 5-6 look-up p@a",
        "1-2 reserve a.k=?; 3-4 reserve a.k=201:q; 5-6 look-up q@a",
        "1-2 reserve a=?; 3-4 reserve a=409:p",
        "1-2 reserve a=201:p; 3-4 release p; 5-6 reserve b=201:q; 7-8 look-up q@b",
        "1-2 reserve a=201:p; 3-6 release p; 4-5 reserve b=201:q",
        "1-2 reserve a=201:p; 3-6 release p; 4-5 reserve b=409",
        "1-2 revoke a; 3-4 reserve a=403",
        "1-4 revoke a; 2-3 reserve a=403",
        "1-4 revoke a; 2-3 reserve a=201:p",
        "1-2 revoke a; 3-4 reserve a=403; 5-6 register a; 7-8 reserve a=201:p",
        "1-9 reserve a=201:p; 2-3 move a c; 4-5 look-up none; 6-7 register a; 9-9 look-up p@a",
      })
  void anOrderExplainsACorrectHistory(String steps) {
    assertEquals(List.of(), new History(parse(OWNED + steps)).violations());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1-2 reserve a=201:p; 3-4 reserve b=201:q", // two purchases
        "1-2 reserve a=201:p; 3-4 look-up q@a",
        "1-2 reserve a=201:p; 3-4 look-up none", // a lost purchase
        "1-2 reserve a=409; 3-4 reserve b=201:p", // a conflict before the reservation
        "1-2 reserve a=409; 3-4 look-up p@a", // its own write reported as a conflict
        "1-2 reserve a=201:p; 3-4 reserve b=409:p", // purchase id shown to another tenant
        "1-2 reserve a=201:p; 3-4 reserve a=409", // purchase id hidden from its holder
        "1-2 reserve a.k=201:p; 3-4 reserve a.k=409:p", // a retry that is not recognised
        "1-2 reserve a=?; 3-4 look-up p@a; 5-6 look-up none",
        "1-2 reserve a=?; 3-4 look-up p@a; 5-6 look-up q@a",
        "1-2 reserve a=201:p; 3-4 release p; 5-6 reserve b=409", // a cached reservation
        "1-2 reserve a.k=201:p; 3-4 release p; 5-6 reserve a.k=201~p",
        "1-2 reserve a=201:p; 3-4 release p; 5-6 look-up p@a", // a late attempt of a finished call
        "1-2 reserve a=?; 3-4 look-up p@a; 5-6 release p; 7-8 look-up p@a",
        "1-2 reserve a=201:p; 3-4 reserve b=?; 5-6 release p; 7-8 look-up q@b", // no wait
        "1-2 reserve a=201:p; 3-4 reserve b=409; 5-6 release p; 7-8 look-up q@b",
        "1-2 revoke a; 3-4 reserve a=201:p", // a cached owner
        "1-2 reserve a=403", // an owner is refused
        "1-2 revoke a; 3-4 reserve a=403; 5-6 look-up p@a", // written after a 403
        "1-2 reserve a=?; 3-4 revoke a; 5-6 move a c; 7-8 look-up none; 9-9 look-up p@a", // no wait
        "1-9 reserve a=201:p; 2-3 revoke a; 4-5 move a c; 6-7 look-up none; 8-9 look-up p@a",
        "1-6 revoke a; 2-3 reserve a=403; 4-5 reserve a=201:p",
      })
  void noOrderExplainsABrokenHistory(String steps) {
    List<Violation> violations = new History(parse(OWNED + steps)).violations();
    assertEquals(1, violations.size(), violations::toString);
  }

  @Test
  void aFileKeepsTheHistory(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("history.jsonl");
    History history =
        new History(parse(OWNED + "1-2 reserve a.k=201:p; 3-4 reserve b=?; 5-6 look-up none"));

    history.write(file);

    assertEquals(history, History.read(file));
    assertEquals(
        """
        {"step":"reserve","start":1,"end":2,"group":"g","domain":"a","project":"p","instance":"i-a",\
        "key":"k","status":201,"purchase_id":"p","replayed":false}\
        """,
        Files.readAllLines(file).get(2));
  }

  private static List<Step> parse(String steps) {
    return Stream.of(steps.split("; ")).map(HistoryTest::step).toList();
  }

  private static Step step(String text) {
    Matcher step = STEP.matcher(text);
    assertTrue(step.matches(), text);
    long start = Long.parseLong(step.group("start"));
    long end = Long.parseLong(step.group("end"));
    String who = step.group("who");
    String id = step.group("id");
    return switch (step.group("step")) {
      case "register" -> new Register(start, end, "i-" + who, "p", who);
      case "move" -> new Register(start, end, "i-" + who, "p", step.group("to"));
      case "revoke" -> new Revoke(start, end, "i-" + who);
      case "release" -> new Release(start, end, "g", who);
      case "look-up" -> new LookUp(start, end, "g", who.equals("none") ? null : who, id);
      default ->
          new Reserve(
              start,
              end,
              "g",
              who,
              "p",
              "i-" + who,
              step.group("key"),
              step.group("status") == null ? 0 : Integer.parseInt(step.group("status")),
              ERRORS.get(String.valueOf(step.group("status"))),
              id,
              text.contains("~"));
    };
  }
}
