package dev.marketreserve.runtime;

/** The end of an invocation, as Lambda reports it to the invoker. */
public sealed interface Completion {

  /** The return value of the handler, as JSON. */
  record Returned(String payload) implements Completion {}

  /**
   * A failure: an exception from the handler, an event that it cannot read, a timeout, or the
   * runtime's exit.
   *
   * @param type Lambda's name for the kind of error, for example {@code Runtime.ExitError}
   * @param payload the runtime's description, JSON with {@code errorMessage}; a sentence if the
   *     runtime has ended
   */
  record Failed(String type, String payload) implements Completion {}
}
