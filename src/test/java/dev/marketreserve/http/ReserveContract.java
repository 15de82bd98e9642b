package dev.marketreserve.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests of the contract, run for every way in which a request can reach the function. */
public abstract class ReserveContract {

  private static final String PATTERN = "{\"group_id\": \"%s\"}";

  private final TenantIds tenant = newTenant();
  private final TenantIds otherTenant = newTenant();
  private final String group = UUID.randomUUID().toString();

  /** The tables of the function under test. */
  protected abstract Tables tables();

  /**
   * Sends a request.
   *
   * @param tenant its ids go into the path and the header unchanged
   * @param idempotencyKey null for no header
   */
  protected abstract ReceivedResponse send(
      TenantIds tenant, @Nullable String idempotencyKey, String body);

  @Test
  void aNewGroupIsReserved() {
    tables().register(tenant);
    String spelling = group.toUpperCase(Locale.ROOT);
    ReceivedResponse response = send(tenant, null, PATTERN.formatted(spelling));
    assertEquals("201", response.summary());
    assertEquals(spelling, response.body().get("group_id").asText());
    assertEquals(tables().reservation(group).get("purchase_id"), response.purchaseId());
    assertFalse(response.replayed());
  }

  @Test
  void theHolderLearnsItsPurchaseIdWithoutAKey() {
    tables().register(tenant);
    String purchase = reserve(tenant, null).purchaseId();
    assertConflict(purchase, reserve(tenant, null));
  }

  @Test
  void theHolderLearnsItsPurchaseIdWithAnotherKey() {
    tables().register(tenant);
    String purchase = reserve(tenant, "key").purchaseId();
    assertConflict(purchase, reserve(tenant, "other"));
    assertConflict(purchase, reserve(tenant, null));
  }

  @Test
  void anotherTenantLearnsNothing() {
    tables().register(tenant);
    tables().register(otherTenant);
    assertEquals("201", reserve(tenant, "key").summary());
    assertConflict(null, reserve(otherTenant, null));
    assertConflict(null, reserve(otherTenant, "key"));
  }

  @Test
  void aRetryWithTheSameKeyIsReplayed() {
    tables().register(tenant);
    ReceivedResponse first = reserve(tenant, "key");
    ReceivedResponse retry = reserve(tenant, "key");
    assertEquals("201", retry.summary());
    assertEquals(first.body(), retry.body());
    assertTrue(retry.replayed());
  }

  @Test
  void aNewOwnerOfTheInstanceLearnsNothing() {
    tables().register(tenant);
    assertEquals("201", reserve(tenant, "key").summary());
    TenantIds newOwner =
        new TenantIds(otherTenant.domainId(), tenant.projectId(), tenant.instanceId());
    tables().register(newOwner);
    assertConflict(null, reserve(newOwner, null));
    assertConflict(null, reserve(newOwner, "key"));
    assertEquals("403 APIG.1136", reserve(tenant, "key").summary());
  }

  @ParameterizedTest
  @MethodSource
  void aBadRequestReturnsItsErrorCode(
      String code, TenantIds tenant, @Nullable String idempotencyKey, String body) {
    ReceivedResponse response = send(tenant, idempotencyKey, body);
    assertEquals("400 " + code, response.summary());
    assertEquals(3, response.body().size(), response::toString);
    assertEquals(
        response.headers().get("X-Request-Id"), response.body().get("request_id").asText());
  }

  static Stream<Arguments> aBadRequestReturnsItsErrorCode() {
    TenantIds good = new TenantIds("domain", "project", "instance");
    String group = PATTERN.formatted("group");
    return Stream.of(
        Arguments.of("APIG.2001", good, null, ""),
        Arguments.of("APIG.2001", good, null, "{}"),
        Arguments.of("APIG.2006", good, null, PATTERN.formatted("g".repeat(65))),
        Arguments.of("APIG.2006", good, null, PATTERN.formatted("g".repeat(4096))),
        Arguments.of("APIG.2012", good, null, "{\"group_id\": 7}"),
        Arguments.of("APIG.2012", good, null, PATTERN.formatted("a%20b")),
        Arguments.of("APIG.2000", good, null, "{"),
        Arguments.of("APIG.2000", good, null, group + group),
        Arguments.of("APIG.2000", good, null, "{\"group_id\": \"a\", \"group_id\": \"a\"}"),
        Arguments.of("APIG.2001", new TenantIds("", "project", "instance"), null, group),
        Arguments.of("APIG.2006", new TenantIds("d".repeat(65), "p", "instance"), null, group),
        Arguments.of("APIG.2012", new TenantIds("a.b", "project", "instance"), null, group),
        Arguments.of("APIG.2012", new TenantIds("domain", "a%20b", "instance"), null, group),
        Arguments.of("APIG.2006", new TenantIds("domain", "p", "i".repeat(65)), null, group),
        Arguments.of("APIG.2012", new TenantIds("domain", "project", "-i"), null, group),
        Arguments.of("APIG.2006", good, "k".repeat(256), group),
        Arguments.of("APIG.2012", good, "a key", group));
  }

  private ReceivedResponse reserve(TenantIds caller, @Nullable String idempotencyKey) {
    return send(caller, idempotencyKey, PATTERN.formatted(group));
  }

  /** Asserts a 409 with this purchase id in its body, or without one if null. */
  private static void assertConflict(@Nullable String purchase, ReceivedResponse response) {
    assertEquals("409 APIG.3402", response.summary());
    assertEquals(purchase != null, response.body().has("purchase_id"), response::toString);
    assertEquals(purchase == null ? "" : purchase, response.purchaseId());
    assertFalse(response.replayed());
  }

  private static TenantIds newTenant() {
    return new TenantIds(
        UUID.randomUUID().toString(), UUID.randomUUID().toString(), UUID.randomUUID().toString());
  }
}
