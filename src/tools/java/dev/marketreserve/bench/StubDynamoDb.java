package dev.marketreserve.bench;

import dev.marketreserve.Events;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.net.LocalCertificate;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.VirtualThreadPool;

/**
 * A DynamoDB on a port of 127.0.0.1 that responds at once. Every read returns the owner of the
 * instance in {@code events/}. It stores nothing, so every group is free. It counts attempts.
 */
final class StubDynamoDb extends Handler.Abstract implements AutoCloseable {

  private static final TenantIds TENANT = Events.tenant();
  private static final String OWNER =
      """
      {"Item": {"instance_id": {"S": "%s"}, "project_id": {"S": "%s"}, "domain_id": {"S": "%s"}}}\
      """
          .formatted(TENANT.instanceId(), TENANT.projectId(), TENANT.domainId());

  private static final String CONDITION_FAILED =
      """
      {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", \
      "message": "The conditional request failed"}\
      """;

  /** The only condition that is true for an empty table. */
  private static final String NO_SUCH_GROUP = "\"attribute_not_exists(group_id)\"";

  private final Server server = new Server(new VirtualThreadPool());
  private final SslContextFactory.Server tls;
  private final ServerConnector connector;
  private final AtomicInteger attempts = new AtomicInteger();

  /** Starts it, with TLS or with plain HTTP. */
  StubDynamoDb(boolean withTls, LocalCertificate certificate) {
    tls = certificate.server();
    connector = withTls ? new ServerConnector(server, tls) : new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(this);
    LifeCycle.start(server);
  }

  /** Its address. */
  URI endpoint() {
    return URI.create(
        (tls.isStarted() ? "https" : "http") + "://127.0.0.1:" + connector.getLocalPort());
  }

  /** The number of attempts so far. */
  int attempts() {
    return attempts.get();
  }

  /** Closes every connection and forgets every TLS session, as between a snapshot and a restore. */
  void dropConnections() throws Exception {
    connector.getConnectedEndPoints().forEach(EndPoint::close);
    if (tls.isStarted()) {
      tls.reload(unchanged -> {});
    }
  }

  @Override
  public void close() {
    LifeCycle.stop(server);
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) throws IOException {
    attempts.incrementAndGet();
    String call = Content.Source.asString(request);
    String target = Objects.requireNonNull(request.getHeaders().get("X-Amz-Target"));
    String body =
        target.endsWith("GetItem") ? OWNER : call.contains(NO_SUCH_GROUP) ? "{}" : CONDITION_FAILED;
    response.setStatus(body.equals(CONDITION_FAILED) ? 400 : 200);
    CRC32 checksum = new CRC32();
    checksum.update(body.getBytes(StandardCharsets.US_ASCII));
    response.getHeaders().put("Content-Type", "application/x-amz-json-1.0");
    response.getHeaders().put("x-amz-crc32", Long.toString(checksum.getValue()));
    Content.Sink.write(response, true, body, callback);
    return true;
  }
}
