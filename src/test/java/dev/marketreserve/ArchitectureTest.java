package dev.marketreserve;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ArchitectureTest {

  private static JavaClasses function;

  @BeforeAll
  static void readTheClasses() {
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
    function = new ClassFileImporter().importPath(Path.of("target", "classes"));
  }

  @Test
  void theDomainKnowsNeitherAwsNorJsonNorTheOtherPackages() {
    classes()
        .that()
        .resideInAPackage("dev.marketreserve.reservation")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("dev.marketreserve.reservation", "java..", "org.jspecify..")
        .check(function);
  }

  @Test
  void theEdgeAndTheTablesDoNotKnowEachOther() {
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
  void everyPackageIsNullMarked() {
    classes()
        .that()
        .haveSimpleName("package-info")
        .should()
        .beAnnotatedWith("org.jspecify.annotations.NullMarked")
        .check(function);
  }
}
