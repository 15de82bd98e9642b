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
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbTable;
import software.amazon.awssdk.enhanced.dynamodb.Expression;
import software.amazon.awssdk.enhanced.dynamodb.document.EnhancedDocument;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/**
 * The reservations in DynamoDB: one item per API group, keyed on {@code group_id}. A conditional
 * write creates the item.
 *
 * <p>If the group has an item already, DynamoDB returns that item with the failure, at no charge.
 * So no second operation is needed.
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

  private final DynamoDb dynamoDb;
  private final DynamoDbTable<EnhancedDocument> table;

  /** The reservations in the table {@code tableName}. */
  public ReservationsTable(DynamoDb dynamoDb, String tableName) {
    this.dynamoDb = dynamoDb;
    this.table = dynamoDb.table(tableName, GROUP_ID);
  }

  @Override
  public Reservation putIfAbsent(Reservation wanted, Deadline deadline) {
    ResourceId group = wanted.request().groupId();
    return dynamoDb
        .before(deadline, "write the reservation", () -> put(wanted))
        .or(() ->
            dynamoDb
                .read(table, group, deadline, "read the reservation that holds the group")
                .map(ReservationsTable::reservation))
        .orElseThrow(() ->
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
          // Only the key, so that a table with another key rejects the item.
          EnhancedDocument item =
              EnhancedDocument.builder().putString(GROUP_ID, groupId.canonical()).build();
          try {
            table.putItem(put -> put.item(item).conditionExpression(NEVER));
            throw new IllegalStateException(
                "DynamoDB accepted a write whose condition cannot be met");
          } catch (ConditionalCheckFailedException e) {
            return item;
          }
        });
  }

  /** The reservation that holds the group after the write; empty if DynamoDB does not return it. */
  private Optional<Reservation> put(Reservation wanted) {
    try {
      table.putItem(put ->
          put.item(item(wanted))
              .conditionExpression(NO_SUCH_GROUP)
              .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD));
      return Optional.of(wanted);
    } catch (ConditionalCheckFailedException e) {
      return e.hasItem() && !e.item().isEmpty()
          ? Optional.of(reservation(EnhancedDocument.fromAttributeValueMap(e.item())))
          : Optional.empty();
    }
  }

  private static EnhancedDocument item(Reservation reservation) {
    Tenant tenant = reservation.request().tenant();
    IdempotencyKey key = reservation.request().idempotencyKey();
    EnhancedDocument.Builder item =
        EnhancedDocument.builder()
            .putString(GROUP_ID, reservation.request().groupId().canonical())
            .putString(PURCHASE_ID, reservation.purchaseId())
            .putString(DOMAIN_ID, tenant.domainId().canonical())
            .putString(PROJECT_ID, tenant.projectId().canonical())
            .putString(INSTANCE_ID, tenant.instanceId().canonical())
            .putString(CREATED_AT, ISO_MILLISECONDS.format(reservation.createdAt()));
    if (key != null) {
      item.putString(IDEMPOTENCY_KEY, key.value());
    }
    return item.build();
  }

  private static Reservation reservation(EnhancedDocument item) {
    return new Reservation(
        new ReserveRequest(
            new Tenant(
                read(item, DOMAIN_ID, ResourceId::parse),
                read(item, PROJECT_ID, ResourceId::parse),
                read(item, INSTANCE_ID, ResourceId::parse)),
            read(item, GROUP_ID, ResourceId::parse),
            item.isPresent(IDEMPOTENCY_KEY)
                ? read(item, IDEMPOTENCY_KEY, IdempotencyKey::parse)
                : null),
        read(item, PURCHASE_ID, Optional::of),
        read(item, CREATED_AT, time -> Optional.of(Instant.parse(time))));
  }

  private static <T> T read(
      EnhancedDocument item, String attribute, Function<String, Optional<T>> parse) {
    return Optional.ofNullable(item.getString(attribute))
        .flatMap(parse)
        .orElseThrow(() -> new IllegalStateException("A reservation has no valid " + attribute));
  }
}
