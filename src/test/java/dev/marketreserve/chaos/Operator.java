package dev.marketreserve.chaos;

import dev.marketreserve.chaos.Step.LookUp;
import dev.marketreserve.chaos.Step.Register;
import dev.marketreserve.chaos.Step.Release;
import dev.marketreserve.chaos.Step.Reserve;
import dev.marketreserve.chaos.Step.Revoke;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.http.ReceivedResponse;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;

/** The operator of the two tables. Records every step, the callers' too. */
final class Operator {

  private final Tables tables;
  private final String prefix = UUID.randomUUID().toString();
  private final long epoch = System.nanoTime();
  private final Queue<Step> steps = new ConcurrentLinkedQueue<>();
  private final Set<String> groups = ConcurrentHashMap.newKeySet();

  Operator(Tables tables) {
    this.tables = tables;
  }

  /** An id that no other run has. */
  String name(String kind, int number) {
    return prefix + "-" + kind + "-" + number;
  }

  /** Sends a request and records its result. */
  Reserve watch(Caller caller, String group, @Nullable String key) {
    groups.add(group);
    long start = now();
    ReceivedResponse response = caller.reserve(group, key);
    Reserve step =
        new Reserve(
            start,
            now(),
            group,
            caller.tenant().domainId(),
            caller.tenant().projectId(),
            caller.tenant().instanceId(),
            key,
            response.status(),
            orNull(response.errorCode()),
            orNull(response.purchaseId()),
            response.replayed());
    steps.add(step);
    return step;
  }

  void register(TenantIds owner) {
    long start = now();
    tables.register(owner);
    steps.add(new Register(start, now(), owner.instanceId(), owner.projectId(), owner.domainId()));
  }

  void revoke(TenantIds owner) {
    long start = now();
    tables.revoke(owner);
    steps.add(new Revoke(start, now(), owner.instanceId()));
  }

  LookUp lookUp(String group) {
    long start = now();
    Map<String, String> item = tables.reservation(group);
    LookUp step = new LookUp(start, now(), group, item.get("purchase_id"), item.get("domain_id"));
    steps.add(step);
    return step;
  }

  /** Deletes the reservation that a look-up finds. */
  void release(String group) {
    String purchaseId = lookUp(group).purchaseId();
    if (purchaseId == null) {
      return;
    }
    long start = now();
    try {
      tables
          .client()
          .deleteItem(delete ->
              delete
                  .tableName(tables.settings().reservationsTable())
                  .key(Map.of("group_id", AttributeValue.fromS(group)))
                  .conditionExpression("purchase_id = :purchase")
                  .expressionAttributeValues(
                      Map.of(":purchase", AttributeValue.fromS(purchaseId))));
      steps.add(new Release(start, now(), group, purchaseId));
    } catch (ConditionalCheckFailedException e) {
      lookUp(group);
    }
  }

  /** All steps, and a final look-up of each group. */
  History history() {
    groups.forEach(this::lookUp);
    return new History(List.copyOf(steps));
  }

  private long now() {
    return System.nanoTime() - epoch;
  }

  private static @Nullable String orNull(String text) {
    return text.isEmpty() ? null : text;
  }
}
