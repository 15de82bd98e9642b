package dev.marketreserve.chaos;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import org.jspecify.annotations.Nullable;

/**
 * What a caller or the operator did, and its result: a line of a history file.
 *
 * <p>Start and end are nanoseconds of one clock. The step took effect between them, unless its
 * outcome is unknown.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "step")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Step.Reserve.class, name = "reserve"),
  @JsonSubTypes.Type(value = Step.Release.class, name = "release"),
  @JsonSubTypes.Type(value = Step.Register.class, name = "register"),
  @JsonSubTypes.Type(value = Step.Revoke.class, name = "revoke"),
  @JsonSubTypes.Type(value = Step.LookUp.class, name = "look-up")
})
@JsonInclude(JsonInclude.Include.NON_NULL)
public sealed interface Step {

  long start();

  long end();

  /**
   * A caller requests a group.
   *
   * @param key its idempotency key
   * @param status the response's status; 0 if none came
   */
  record Reserve(
      long start,
      long end,
      String group,
      String domain,
      String project,
      String instance,
      @Nullable String key,
      int status,
      @Nullable String errorCode,
      @Nullable String purchaseId,
      boolean replayed)
      implements Step {

    boolean isUnknown() {
      return status == 0 || status >= 500;
    }

    boolean mayWrite() {
      return isUnknown() || (status == 201 && !replayed);
    }

    boolean isRefused() {
      return status == 400 || status == 403;
    }

    boolean hasSameTenantAs(Reserve other) {
      return domain.equals(other.domain)
          && project.equals(other.project)
          && instance.equals(other.instance);
    }

    boolean isRepeatOf(Reserve other) {
      return key != null && key.equals(other.key) && hasSameTenantAs(other);
    }
  }

  /** The operator deletes the reservation of a group that has this purchase id. */
  record Release(long start, long end, String group, String purchaseId) implements Step {}

  /** The operator registers a domain's project as the owner of an instance. */
  record Register(long start, long end, String instance, String project, String domain)
      implements Step {}

  /** The operator removes the owner of an instance. */
  record Revoke(long start, long end, String instance) implements Step {}

  /**
   * The operator looks at the reservation of a group.
   *
   * @param purchaseId null if there is none
   */
  record LookUp(
      long start, long end, String group, @Nullable String purchaseId, @Nullable String domain)
      implements Step {}
}
