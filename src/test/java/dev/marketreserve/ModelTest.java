package dev.marketreserve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import edu.mit.csail.sdg.alloy4.A4Reporter;
import edu.mit.csail.sdg.ast.Command;
import edu.mit.csail.sdg.ast.Module;
import edu.mit.csail.sdg.ast.Sig.PrimSig;
import edu.mit.csail.sdg.parser.CompUtil;
import edu.mit.csail.sdg.translator.A4Options;
import edu.mit.csail.sdg.translator.A4Solution;
import edu.mit.csail.sdg.translator.TranslateAlloyToKodkod;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import kodkod.engine.satlab.SATFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Checks {@code docs/model/reserve.als}: the design keeps its promises, and each flawed design
 * breaks one. {@code -Dmodel.scope="3 but 1 Group, exactly 8 steps"} checks the promises in another
 * scope.
 */
@Execution(ExecutionMode.CONCURRENT)
class ModelTest {

  private static final Pattern CHECK =
      Pattern.compile("check (\\w+) \\{ no Design implies \\1 }\\s+for (.*) expect 0");
  private static final Pattern FLAW =
      Pattern.compile("run (\\w+) \\{ Design.flaw = \\1 and not (\\w+) }\\s+for (.*) expect 1");

  private static final String TEXT = text();
  private static final Module MODEL =
      CompUtil.parseEverything_fromString(A4Reporter.NOP, withScope(TEXT));

  static List<Command> commands() {
    return MODEL.getAllCommands();
  }

  @ParameterizedTest
  @Execution(ExecutionMode.SAME_THREAD)
  @MethodSource("commands")
  @Timeout(3 * 60 * 60)
  void everyCommandHasItsExpectedResult(Command command) {
    A4Options options = new A4Options();
    options.solver = SATFactory.find("sat4j").orElseThrow();
    A4Solution solution =
        TranslateAlloyToKodkod.execute_command(
            A4Reporter.NOP, MODEL.getAllReachableSigs(), command, options);

    assertEquals(command.expects == 1, solution.satisfiable(), solution::toString);
  }

  @Test
  void everyPromiseIsBrokenByAFlawAndEveryFlawBreaksAPromise() {
    assertEquals(found(CHECK, 1), found(FLAW, 2));
    assertEquals(flaws(), found(FLAW, 1));
  }

  private static Set<String> found(Pattern command, int group) {
    return command
        .matcher(TEXT)
        .results()
        .map(match -> match.group(group))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> flaws() {
    return MODEL.getAllReachableSigs().stream()
        .filter(sig -> sig.label.equals("this/Flaw"))
        .flatMap(sig -> children((PrimSig) sig))
        .map(flaw -> flaw.label.substring("this/".length()))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Stream<PrimSig> children(PrimSig sig) {
    return StreamSupport.stream(sig.children().spliterator(), false);
  }

  private static String withScope(String text) {
    String scope = System.getProperty("model.scope");
    return scope == null
        ? text
        : CHECK.matcher(text).replaceAll(check -> check.group().replace(check.group(2), scope));
  }

  private static String text() {
    try {
      return Files.readString(Path.of("docs", "model", "reserve.als"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
