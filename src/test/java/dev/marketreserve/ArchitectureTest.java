package dev.marketreserve;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import dev.marketreserve.http.ProxySerializer;
import dev.marketreserve.http.ReserveEndpoint;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArchitectureTest {

  private static JavaClasses function;

  @BeforeAll
  static void readTheClasses() {
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
    function = read("classes");
  }

  @Test
  void domainDependsOnNeitherAwsNorJsonNorOtherPackages() {
    classes()
        .that()
        .resideInAPackage("dev.marketreserve.reservation")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("dev.marketreserve.reservation", "java..", "org.jspecify..")
        .check(function);
  }

  @Test
  void httpSideAndTablesDoNotDependOnEachOther() {
    noClasses()
        .that()
        .resideInAPackage("dev.marketreserve.http")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.marketreserve", "dev.marketreserve.dynamodb", "software.amazon..")
        .check(function);
    noClasses()
        .that()
        .resideInAPackage("dev.marketreserve.dynamodb")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.marketreserve", "dev.marketreserve.http", "com.amazonaws..")
        .check(function);
  }

  @Test
  void packagesHaveNoDependencyCycle() {
    slices().matching("(dev.marketreserve..)").should().beFreeOfCycles().check(function);
  }

  @Test
  void httpSideExposesOnlyItsEndpointAndItsSerializer() {
    Set<Class<?>> shown =
        function.stream()
            .filter(candidate -> candidate.getPackageName().equals("dev.marketreserve.http"))
            .filter(JavaClass::isTopLevelClass)
            .filter(candidate -> candidate.getModifiers().contains(JavaModifier.PUBLIC))
            .map(JavaClass::reflect)
            .collect(Collectors.toSet());
    assertEquals(Set.of(ReserveEndpoint.class, ProxySerializer.class), shown);
  }

  /** Error Prone's DefaultLocale does not report these calls on System.out. */
  @ParameterizedTest
  @ValueSource(strings = {"classes", "test-classes"})
  void everyPrintfNamesItsLocale(String directory) {
    noClasses()
        .should()
        .callMethod(PrintStream.class, "printf", String.class, Object[].class)
        .orShould()
        .callMethod(PrintStream.class, "format", String.class, Object[].class)
        .check(read(directory));
  }

  private static JavaClasses read(String directory) {
    return new ClassFileImporter().importPath(Path.of("target", directory));
  }
}
