package dev.marketreserve.http;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyResponseEvent;
import dev.marketreserve.reservation.Deadline;
import dev.marketreserve.reservation.ReservationService;
import dev.marketreserve.reservation.ReserveRequest;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * The HTTP side of a reservation: it takes a proxy event, returns the contract's response, and logs
 * one line. Safe for use by many threads.
 */
public final class ReserveEndpoint {

  private final ReservationService reservations;

  /** An endpoint for the given service. */
  public ReserveEndpoint(ReservationService reservations) {
    this.reservations = reservations;
  }

  /**
   * Responds to one request. A failure becomes a 500; nothing is thrown.
   *
   * @param invocationId Lambda's request id
   * @param deadline when to give up on DynamoDB
   * @param log gets the log line, in ASCII
   */
  public APIGatewayProxyResponseEvent respond(
      APIGatewayProxyRequestEvent event,
      String invocationId,
      Deadline deadline,
      Consumer<byte[]> log) {
    long start = System.nanoTime();
    GatewayRequest request = GatewayRequest.of(event, invocationId);
    ReserveRequest reserve = null;
    RuntimeException failure = null;
    Response response;
    try {
      reserve = RequestReader.read(request);
      response = Response.of(reservations.reserve(reserve, deadline), reserve);
    } catch (BadRequestException e) {
      response = e.response();
    } catch (RuntimeException e) {
      failure = e;
      response = Response.of(e);
    }
    Duration duration = Duration.ofNanos(System.nanoTime() - start);
    log.accept(RequestLog.line(request, invocationId, reserve, response, failure, duration));
    return ResponseWriter.write(response, request.requestId());
  }
}
