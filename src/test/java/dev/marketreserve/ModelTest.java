package dev.marketreserve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import edu.mit.csail.sdg.alloy4.A4Reporter;
import edu.mit.csail.sdg.ast.Command;
import edu.mit.csail.sdg.ast.Module;
import edu.mit.csail.sdg.parser.CompUtil;
import edu.mit.csail.sdg.translator.A4Options;
import edu.mit.csail.sdg.translator.A4Solution;
import edu.mit.csail.sdg.translator.TranslateAlloyToKodkod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import kodkod.engine.satlab.SATFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Checks {@code docs/model/reserve.als}: the design keeps its promises, and each flawed design
 * breaks one. {@code -Dmodel.scope="3 but 1 Group, exactly 8 steps"} checks the promises in another
 * scope.
 */
@Execution(ExecutionMode.CONCURRENT) // with other classes
class ModelTest {

  private static final Pattern CHECK =
      Pattern.compile("check (\\w+) \\{ no Design implies \\1 }\\s+for (.*) expect 0");
  private static final Pattern FLAW =
      Pattern.compile("run (\\w+) \\{ Design.flaw = \\1 and not (\\w+) }\\s+for .* expect 1");
  private static final Pattern FLAWS = Pattern.compile("one sig ([^{]+) extends Flaw");

  private final String text = Files.readString(Path.of("docs", "model", "reserve.als"));

  ModelTest() throws IOException {}

  @Test
  @Timeout(3 * 60 * 60)
  void everyCommandHasItsExpectedResult() {
    Module model = CompUtil.parseEverything_fromString(A4Reporter.NOP, withScope());
    A4Options options = new A4Options();
    options.solver = SATFactory.find("sat4j").orElseThrow();
    for (Command command : model.getAllCommands()) {
      A4Solution solution =
          TranslateAlloyToKodkod.execute_command(
              A4Reporter.NOP, model.getAllReachableSigs(), command, options);
      assertEquals(command.expects == 1, solution.satisfiable(), () -> command + "\n" + solution);
    }
  }

  @Test
  void everyPromiseIsBrokenByAFlawAndEveryFlawBreaksAPromise() {
    assertEquals(found(CHECK, 1), found(FLAW, 2));
    Set<String> flaws = Set.of(found(FLAWS, 1).iterator().next().split(",\\s*"));
    assertEquals(flaws, found(FLAW, 1));
  }

  private String withScope() {
    String scope = System.getProperty("model.scope", "$2");
    return CHECK
        .matcher(text)
        .replaceAll("check $1 { no Design implies $1 } for " + scope + " expect 0");
  }

  private Set<String> found(Pattern pattern, int group) {
    return pattern
        .matcher(text)
        .results()
        .map(match -> match.group(group))
        .collect(Collectors.toSet());
  }
}
