package dev.marketreserve.reservation;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Requests and reservations to test with. */
public final class Requests {

  private Requests() {}

  public static ResourceId id(String text) {
    return ResourceId.parse(text).orElseThrow();
  }

  /** Parses an idempotency key; null for null. */
  public static @Nullable IdempotencyKey key(@Nullable String text) {
    return text == null ? null : IdempotencyKey.parse(text).orElseThrow();
  }

  /** A request by the tenant {@code domain}, {@code project}, {@code instance}. */
  public static ReserveRequest request(String groupId, @Nullable String idempotencyKey) {
    return new ReserveRequest(
        new Tenant(id("domain"), id("project"), id("instance")), id(groupId), key(idempotencyKey));
  }

  /** The same request by another tenant, without a key. */
  public static ReserveRequest rivals(ReserveRequest request) {
    Tenant tenant = request.tenant();
    return new ReserveRequest(
        new Tenant(id("rival"), tenant.projectId(), tenant.instanceId()), request.groupId(), null);
  }

  /** A reservation of the same tenant with a fresh purchase id. */
  public static Reservation reservation(String groupId, @Nullable String idempotencyKey) {
    return reservation(request(groupId, idempotencyKey));
  }

  /** The reservation that a request makes, with a fresh purchase id. */
  public static Reservation reservation(ReserveRequest request) {
    return new Reservation(
        request, UUID.randomUUID().toString(), Instant.parse("2026-01-02T03:04:05.060Z"));
  }
}
