package dev.marketreserve.http;

import dev.marketreserve.http.Answer.Refused;

/** A request that breaks a rule of the contract; nothing was read or written for it. */
public final class BadRequestException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient Refused answer;

  BadRequestException(Refused answer) {
    super(answer.message());
    this.answer = answer;
  }

  /** What the caller is told. */
  public Refused answer() {
    return answer;
  }
}
