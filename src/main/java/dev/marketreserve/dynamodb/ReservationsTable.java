package dev.marketreserve.dynamodb;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.Reservation;
import dev.marketreserve.reservation.Reservations;
import dev.marketreserve.reservation.StoreUnavailableException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbEnhancedClient;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbTable;
import software.amazon.awssdk.enhanced.dynamodb.Expression;
import software.amazon.awssdk.enhanced.dynamodb.Key;
import software.amazon.awssdk.enhanced.dynamodb.TableSchema;
import software.amazon.awssdk.enhanced.dynamodb.mapper.StaticAttributeTags;
import software.amazon.awssdk.enhanced.dynamodb.mapper.StaticImmutableTableSchema;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/**
 * The reservations in DynamoDB: one item for an API group, keyed on {@code group_id}, written once
 * under the condition that there is none.
 *
 * <p>A write that finds an item gets it back with the failure, at no charge, and so without a
 * second call.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html">PutItem</a>
 */
public final class ReservationsTable implements Reservations {

  private static final Expression NO_SUCH_GROUP =
      Expression.builder().expression("attribute_not_exists(group_id)").build();

  private static final DateTimeFormatter ISO_MILLISECONDS =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter();

  private static final TableSchema<Reservation> SCHEMA = schema();

  private final DynamoDbTable<Reservation> table;

  /** The reservations in the table of that name. */
  public ReservationsTable(DynamoDbEnhancedClient dynamoDb, String tableName) {
    this.table = dynamoDb.table(tableName, SCHEMA);
  }

  @Override
  public Reservation putIfAbsent(Reservation wanted, Deadline deadline) {
    return RetryBudget.spend(deadline, "write the reservation", () -> put(wanted))
        .or(() -> read(wanted.groupId(), deadline))
        .orElseThrow(
            () ->
                new StoreUnavailableException(
                    "The reservation that stood in the way is gone from the table"));
  }

  /** The reservation that holds the group after the write; empty where DynamoDB does not say. */
  private Optional<Reservation> put(Reservation wanted) {
    try {
      table.putItem(
          put ->
              put.item(wanted)
                  .conditionExpression(NO_SUCH_GROUP)
                  .returnValuesOnConditionCheckFailure(
                      ReturnValuesOnConditionCheckFailure.ALL_OLD));
      return Optional.of(wanted);
    } catch (ConditionalCheckFailedException e) {
      return e.hasItem() && !e.item().isEmpty()
          ? Optional.of(SCHEMA.mapToItem(e.item()))
          : Optional.empty();
    }
  }

  private Optional<Reservation> read(String groupId, Deadline deadline) {
    Key key = Key.builder().partitionValue(groupId).build();
    return RetryBudget.spend(
        deadline,
        "read the reservation that stands in the way",
        () -> Optional.ofNullable(table.getItem(r -> r.key(key).consistentRead(true))));
  }

  private static TableSchema<Reservation> schema() {
    StaticImmutableTableSchema.Builder<Reservation, Item> schema =
        TableSchema.builder(Reservation.class, Item.class)
            .newItemBuilder(Item::new, Item::toReservation)
            .addAttribute(
                String.class,
                a ->
                    a.name("group_id")
                        .getter(Reservation::groupId)
                        .setter((item, value) -> item.groupId = value)
                        .tags(StaticAttributeTags.primaryPartitionKey()));
    add(schema, "purchase_id", Reservation::purchaseId, (i, value) -> i.purchaseId = value);
    add(schema, "domain_id", Reservation::domainId, (i, value) -> i.domainId = value);
    add(schema, "project_id", Reservation::projectId, (i, value) -> i.projectId = value);
    add(schema, "instance_id", Reservation::instanceId, (i, value) -> i.instanceId = value);
    add(
        schema,
        "created_at",
        reservation -> ISO_MILLISECONDS.format(reservation.createdAt()),
        (i, value) -> i.createdAt = value);
    add(
        schema,
        "idempotency_key",
        Reservation::idempotencyKey,
        (i, value) -> i.idempotencyKey = value);
    return schema.build();
  }

  private static void add(
      StaticImmutableTableSchema.Builder<Reservation, Item> schema,
      String name,
      Function<Reservation, @Nullable String> getter,
      BiConsumer<Item, String> setter) {
    schema.addAttribute(String.class, a -> a.name(name).getter(getter).setter(setter));
  }

  /** An item of the table while its attributes are being read. */
  private static final class Item {
    private @Nullable String groupId;
    private @Nullable String purchaseId;
    private @Nullable String domainId;
    private @Nullable String projectId;
    private @Nullable String instanceId;
    private @Nullable String createdAt;
    private @Nullable String idempotencyKey;

    Reservation toReservation() {
      return new Reservation(
          required("group_id", groupId),
          required("purchase_id", purchaseId),
          required("domain_id", domainId),
          required("project_id", projectId),
          required("instance_id", instanceId),
          Instant.parse(required("created_at", createdAt)),
          idempotencyKey);
    }

    private static String required(String attribute, @Nullable String value) {
      return Objects.requireNonNull(value, () -> "A reservation lacks the attribute " + attribute);
    }
  }
}
