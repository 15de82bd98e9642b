package dev.marketreserve.http;

/**
 * The errors of this API, each with its HTTP status, code and message.
 *
 * <p>The marketplace knows the codes from other APIs of the family. {@code openapi.yaml} says when
 * each applies.
 */
enum ErrorCode {
  MALFORMED_BODY(400, "APIG.2000", "The request body is not one JSON object in UTF-8."),
  MISSING_PARAMETER(400, "APIG.2001", "Missing parameter"),
  PARAMETER_TOO_LONG(400, "APIG.2006", "Parameter value too long"),
  INVALID_PARAMETER(400, "APIG.2012", "Invalid parameter value"),
  NO_PERMISSION(403, "APIG.1136", "No permission on this instance."),
  ALREADY_RESERVED(409, "APIG.3402", "The API group has been purchased already."),
  THROTTLED(500, "APIG.9008", "Too many requests. Try again later."),
  SYSTEM_ERROR(500, "APIG.9999", "System error.");

  final int status;
  final String code;
  final String message;

  ErrorCode(int status, String code, String message) {
    this.status = status;
    this.code = code;
    this.message = message;
  }
}
