package dev.marketreserve.runtime;

/** The end of an invocation, as Lambda reports it to the invoker. */
public sealed interface Completion {

  /** The return value of the handler, as JSON. */
  record Returned(String payload) implements Completion {}

  /**
   * A failure: an exception of the handler, an event that it cannot take, a timeout, or the end of
   * the runtime.
   *
   * @param type Lambda's name for the kind of error, as in {@code Runtime.ExitError}
   * @param payload the error as the runtime describes it, JSON with {@code errorMessage}; a
   *     sentence where no runtime was left to describe it
   */
  record Failed(String type, String payload) implements Completion {}
}
