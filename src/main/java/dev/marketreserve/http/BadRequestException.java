package dev.marketreserve.http;

import dev.marketreserve.http.Response.Refused;

/** A request that breaks a rule of the contract. Nothing was read or written for it. */
final class BadRequestException extends Exception {

  private static final long serialVersionUID = 1L;

  private final transient Refused response;

  BadRequestException(Refused response) {
    super(response.message());
    this.response = response;
  }

  /** The response to the caller. */
  Refused response() {
    return response;
  }
}
