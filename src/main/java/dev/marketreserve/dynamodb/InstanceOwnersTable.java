package dev.marketreserve.dynamodb;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.InstanceOwners;
import dev.marketreserve.reservation.ResourceId;
import dev.marketreserve.reservation.Tenant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbTable;
import software.amazon.awssdk.enhanced.dynamodb.Key;
import software.amazon.awssdk.enhanced.dynamodb.TableSchema;
import software.amazon.awssdk.enhanced.dynamodb.mapper.StaticAttributeTags;

/**
 * The register of instance owners in DynamoDB: one item per instance, keyed on {@code instance_id},
 * with {@code project_id} and {@code domain_id}. The key is in canonical form; the other two may be
 * in any spelling.
 */
public final class InstanceOwnersTable implements InstanceOwners {

  private static final TableSchema<Registration> SCHEMA =
      TableSchema.builder(Registration.class, Registration.Builder.class)
          .newItemBuilder(Registration.Builder::new, Registration.Builder::build)
          .addAttribute(
              String.class,
              a ->
                  a.name("instance_id")
                      .getter(Registration::instanceId)
                      .setter((builder, value) -> builder.instanceId = value)
                      .tags(StaticAttributeTags.primaryPartitionKey()))
          .addAttribute(
              String.class,
              a ->
                  a.name("project_id")
                      .getter(Registration::projectId)
                      .setter((builder, value) -> builder.projectId = value))
          .addAttribute(
              String.class,
              a ->
                  a.name("domain_id")
                      .getter(Registration::domainId)
                      .setter((builder, value) -> builder.domainId = value))
          .build();

  private final DynamoDb dynamoDb;
  private final DynamoDbTable<Registration> table;

  /** The register in the table {@code tableName}. */
  public InstanceOwnersTable(DynamoDb dynamoDb, String tableName) {
    this.dynamoDb = dynamoDb;
    this.table = dynamoDb.table(tableName, SCHEMA);
  }

  @Override
  public boolean isOwner(Tenant tenant, Deadline deadline) {
    Key key = Key.builder().partitionValue(tenant.instanceId().canonical()).build();
    Optional<Registration> registration =
        dynamoDb.before(
            deadline,
            "read the owner of the instance",
            () -> Optional.ofNullable(table.getItem(r -> r.key(key).consistentRead(true))));
    return registration
        .filter(r -> spells(r.projectId(), tenant.projectId()))
        .filter(r -> spells(r.domainId(), tenant.domainId()))
        .isPresent();
  }

  private static boolean spells(@Nullable String stored, ResourceId id) {
    return stored != null && ResourceId.parse(stored).filter(id::equals).isPresent();
  }

  /** One item of the table; a missing attribute is null. */
  private record Registration(
      String instanceId, @Nullable String projectId, @Nullable String domainId) {

    private static final class Builder {
      private @Nullable String instanceId;
      private @Nullable String projectId;
      private @Nullable String domainId;

      Registration build() {
        return new Registration(Objects.requireNonNull(instanceId), projectId, domainId);
      }
    }
  }
}
