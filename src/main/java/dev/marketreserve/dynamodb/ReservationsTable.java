package dev.marketreserve.dynamodb;

import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.IdempotencyKey;
import dev.marketreserve.reservation.Reservation;
import dev.marketreserve.reservation.Reservations;
import dev.marketreserve.reservation.ReserveRequest;
import dev.marketreserve.reservation.ResourceId;
import dev.marketreserve.reservation.Tenant;
import dev.marketreserve.reservation.UnknownOutcomeException;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbTable;
import software.amazon.awssdk.enhanced.dynamodb.Expression;
import software.amazon.awssdk.enhanced.dynamodb.Key;
import software.amazon.awssdk.enhanced.dynamodb.TableSchema;
import software.amazon.awssdk.enhanced.dynamodb.mapper.StaticAttributeTags;
import software.amazon.awssdk.enhanced.dynamodb.mapper.StaticImmutableTableSchema;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/**
 * The reservations in DynamoDB: one item per API group, keyed on {@code group_id}. A conditional
 * write creates it, unless it exists.
 *
 * <p>If it exists, DynamoDB returns it with the failure, at no charge. So no second call is needed.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html">PutItem</a>
 */
public final class ReservationsTable implements Reservations {

  private static final String GROUP_ID = "group_id";
  private static final String PURCHASE_ID = "purchase_id";
  private static final String DOMAIN_ID = "domain_id";
  private static final String PROJECT_ID = "project_id";
  private static final String INSTANCE_ID = "instance_id";
  private static final String CREATED_AT = "created_at";
  private static final String IDEMPOTENCY_KEY = "idempotency_key";

  private static final Expression NO_SUCH_GROUP =
      Expression.builder().expression("attribute_not_exists(" + GROUP_ID + ")").build();

  /** No item meets this condition. */
  private static final Expression NEVER =
      Expression.builder()
          .expression("attribute_exists(%1$s) AND attribute_not_exists(%1$s)".formatted(GROUP_ID))
          .build();

  private static final DateTimeFormatter ISO_MILLISECONDS =
      new DateTimeFormatterBuilder().appendInstant(3).toFormatter(Locale.ROOT);

  private static final TableSchema<Reservation> SCHEMA = schema();

  /** Writes only the key, so that a table with another key rejects the item. */
  private static final TableSchema<ResourceId> KEY_SCHEMA =
      TableSchema.builder(ResourceId.class, Item.class)
          .addAttribute(
              String.class,
              a ->
                  a.name(GROUP_ID)
                      .getter(ResourceId::canonical)
                      .setter((item, value) -> item.set(GROUP_ID, value))
                      .tags(StaticAttributeTags.primaryPartitionKey()))
          .build();

  private final DynamoDb dynamoDb;
  private final DynamoDbTable<Reservation> table;
  private final DynamoDbTable<ResourceId> keys;

  /** The reservations in the table {@code tableName}. */
  public ReservationsTable(DynamoDb dynamoDb, String tableName) {
    this.dynamoDb = dynamoDb;
    this.table = dynamoDb.table(tableName, SCHEMA);
    this.keys = dynamoDb.table(tableName, KEY_SCHEMA);
  }

  @Override
  public Reservation putIfAbsent(Reservation wanted, Deadline deadline) {
    return dynamoDb
        .before(deadline, "write the reservation", () -> put(wanted))
        .or(() -> read(wanted.groupId(), deadline))
        .orElseThrow(
            () ->
                new UnknownOutcomeException(
                    "The reservation that held the group is no longer in the table"));
  }

  /**
   * Checks that a reservation could be written: the table exists, has this key, and the function
   * may write to it. The check is a write whose condition no item meets. It costs one write unit.
   *
   * @throws UnknownOutcomeException if a write is not possible, or DynamoDB has not responded by
   *     the deadline
   */
  public void checkWrite(ResourceId groupId, Deadline deadline) {
    dynamoDb.before(
        deadline,
        "check that a reservation can be written",
        () -> {
          try {
            keys.putItem(put -> put.item(groupId).conditionExpression(NEVER));
            throw new IllegalStateException(
                "DynamoDB accepted a write whose condition cannot be met");
          } catch (ConditionalCheckFailedException e) {
            return groupId;
          }
        });
  }

  /** The reservation that holds the group after the write; empty if DynamoDB does not return it. */
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

  private Optional<Reservation> read(ResourceId groupId, Deadline deadline) {
    Key key = Key.builder().partitionValue(groupId.canonical()).build();
    return dynamoDb.before(
        deadline,
        "read the reservation that holds the group",
        () -> Optional.ofNullable(table.getItem(r -> r.key(key).consistentRead(true))));
  }

  private static TableSchema<Reservation> schema() {
    StaticImmutableTableSchema.Builder<Reservation, Item> schema =
        TableSchema.builder(Reservation.class, Item.class)
            .newItemBuilder(Item::new, Item::toReservation)
            .addAttribute(
                String.class,
                a ->
                    a.name(GROUP_ID)
                        .getter(reservation -> reservation.groupId().canonical())
                        .setter((item, value) -> item.set(GROUP_ID, value))
                        .tags(StaticAttributeTags.primaryPartitionKey()));
    add(schema, PURCHASE_ID, Reservation::purchaseId);
    add(schema, DOMAIN_ID, reservation -> reservation.request().tenant().domainId().canonical());
    add(schema, PROJECT_ID, reservation -> reservation.request().tenant().projectId().canonical());
    add(
        schema,
        INSTANCE_ID,
        reservation -> reservation.request().tenant().instanceId().canonical());
    add(schema, CREATED_AT, reservation -> ISO_MILLISECONDS.format(reservation.createdAt()));
    add(
        schema,
        IDEMPOTENCY_KEY,
        reservation -> Objects.toString(reservation.request().idempotencyKey(), null));
    return schema.build();
  }

  private static void add(
      StaticImmutableTableSchema.Builder<Reservation, Item> schema,
      String name,
      Function<Reservation, @Nullable String> getter) {
    schema.addAttribute(
        String.class,
        a -> a.name(name).getter(getter).setter((item, value) -> item.set(name, value)));
  }

  /** The attributes of one item. */
  private static final class Item {

    private final Map<String, String> attributes = new HashMap<>();

    void set(String attribute, @Nullable String value) {
      if (value != null) {
        attributes.put(attribute, value);
      }
    }

    Reservation toReservation() {
      return new Reservation(
          new ReserveRequest(
              new Tenant(id(DOMAIN_ID), id(PROJECT_ID), id(INSTANCE_ID)),
              id(GROUP_ID),
              idempotencyKey()),
          required(PURCHASE_ID),
          Instant.parse(required(CREATED_AT)));
    }

    private ResourceId id(String attribute) {
      return ResourceId.parse(required(attribute)).orElseThrow(() -> malformed(attribute));
    }

    private @Nullable IdempotencyKey idempotencyKey() {
      String key = attributes.get(IDEMPOTENCY_KEY);
      return key == null
          ? null
          : IdempotencyKey.parse(key).orElseThrow(() -> malformed(IDEMPOTENCY_KEY));
    }

    private String required(String attribute) {
      return Objects.requireNonNull(
          attributes.get(attribute), () -> "A reservation lacks the attribute " + attribute);
    }

    private static IllegalStateException malformed(String attribute) {
      return new IllegalStateException("A reservation has a malformed " + attribute);
    }
  }
}
