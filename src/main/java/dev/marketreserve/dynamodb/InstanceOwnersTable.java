package dev.marketreserve.dynamodb;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.InstanceOwners;
import dev.marketreserve.reservation.ResourceId;
import dev.marketreserve.reservation.Tenant;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbTable;
import software.amazon.awssdk.enhanced.dynamodb.document.EnhancedDocument;

/**
 * The instance owners in DynamoDB: one item per instance, keyed on {@code instance_id}, with {@code
 * project_id} and {@code domain_id}. The key is in canonical form; the other two may be in any
 * spelling.
 */
public final class InstanceOwnersTable implements InstanceOwners {

  private final DynamoDb dynamoDb;
  private final DynamoDbTable<EnhancedDocument> table;

  /** The owners in the table {@code tableName}. */
  public InstanceOwnersTable(DynamoDb dynamoDb, String tableName) {
    this.dynamoDb = dynamoDb;
    this.table = dynamoDb.table(tableName, "instance_id");
  }

  @Override
  public boolean isOwner(Tenant tenant, Deadline deadline) {
    return dynamoDb
        .read(table, tenant.instanceId(), deadline, "read the owner of the instance")
        .filter(item -> spells(item.getString("project_id"), tenant.projectId()))
        .filter(item -> spells(item.getString("domain_id"), tenant.domainId()))
        .isPresent();
  }

  private static boolean spells(@Nullable String stored, ResourceId id) {
    return stored != null && ResourceId.parse(stored).filter(id::equals).isPresent();
  }
}
