package dev.marketreserve.runtime;

/** How an invocation ended, as Lambda tells whoever invoked the function. */
public sealed interface Completion {

  /** What the handler returned, as JSON. */
  record Returned(String payload) implements Completion {}

  /**
   * What came instead of an answer: an exception of the handler, an event it cannot take, a
   * timeout, the end of the runtime.
   *
   * @param type Lambda's name for the kind of error, as in {@code Runtime.ExitError}
   * @param payload the error as the runtime describes it, JSON with {@code errorMessage}; where
   *     there was no runtime left to do so, a sentence
   */
  record Failed(String type, String payload) implements Completion {}
}
