package dev.marketreserve.dynamodb;

import static dev.marketreserve.reservation.Requests.id;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.Tenant;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

@Tag("dynamodb")
@ExtendWith(DynamoDbExtension.class)
class InstanceOwnersTableTest {

  private static final String BARE = "0AE9E2B1D5F34C6F8A7B3C2D1E0F9A8B";
  private static final String DASHED = "0ae9e2b1-d5f3-4c6f-8a7b-3c2d1e0f9a8b";

  private final Tables tables;
  private final InstanceOwnersTable owners;

  InstanceOwnersTableTest(Tables tables) {
    this.tables = tables;
    this.owners =
        new InstanceOwnersTable(tables.dynamoDb(), tables.settings().instanceOwnersTable());
  }

  @ParameterizedTest
  @CsvSource({
    "domain,project,instance,true",
    "other,project,instance,false",
    "domain,other,instance,false",
    "domain,project,other,false",
    "Domain,project,instance,false"
  })
  void onlyTheRegisteredDomainAndProjectOwnTheInstanceUntilARevocation(
      String domain, String project, String instance, boolean expected) {
    TenantIds registered = new TenantIds("domain", "project", "instance");
    tables.register(registered);
    assertEquals(expected, isOwner(domain, project, instance));
    tables.revoke(registered);
    assertFalse(isOwner(domain, project, instance));
  }

  @ParameterizedTest
  @CsvSource({BARE + "," + DASHED, DASHED + "," + BARE})
  void theSpellingOfAUuidDoesNotMatter(String registered, String asked) {
    tables.register(new TenantIds(registered, registered, registered));
    assertTrue(isOwner(asked, asked, asked));
  }

  @Test
  void anIncompleteRegistrationHasNoOwner() {
    tables
        .client()
        .putItem(put ->
            put.tableName(tables.settings().instanceOwnersTable())
                .item(Map.of("instance_id", AttributeValue.fromS("half"))));
    assertFalse(isOwner("domain", "project", "half"));
  }

  private boolean isOwner(String domain, String project, String instance) {
    return owners.isOwner(
        new Tenant(id(domain), id(project), id(instance)), Deadline.in(Duration.ofSeconds(10)));
  }
}
