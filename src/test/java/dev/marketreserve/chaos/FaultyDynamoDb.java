package dev.marketreserve.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.chaos.Fault.Symptom;
import dev.marketreserve.dynamodb.DynamoDb;
import dev.marketreserve.dynamodb.DynamoDbServer;
import dev.marketreserve.net.LocalCertificate;
import dev.marketreserve.snapstart.CannedDynamoDb;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Phaser;
import java.util.function.Function;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Blocker;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.VirtualThreadPool;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpConfigurationOption;
import software.amazon.awssdk.utils.AttributeMap;

/**
 * A DynamoDB that fails on demand: a proxy on 127.0.0.1 in front of a real one. It can lose a
 * response after DynamoDB has done the work, which a stub server cannot. Like DynamoDB, and unlike
 * DynamoDB Local, it speaks TLS and refuses a request whose signature does not match or has
 * expired.
 */
public final class FaultyDynamoDb implements AutoCloseable {

  /** A name that its certificate is valid for, in addition to 127.0.0.1. */
  public static final String NAME = LocalCertificate.NAME;

  /** How long a signature is valid, instead of AWS's five minutes. */
  public static final Duration SIGNATURE_VALIDITY = SignatureV4.VALIDITY;

  /** How long {@link Symptom#LATE} holds an attempt back; longer than an attempt may take. */
  static final Duration LATE = Duration.ofMillis(1300);

  /** How long a stalled body is silent; longer than two attempts may take. */
  private static final Duration STALL = Duration.ofMillis(2500);

  /** When a late head comes; it leaves almost no time for its body. */
  private static final Duration LATE_HEAD = Duration.ofMillis(950);

  private static final LocalCertificate CERTIFICATE = certificate();

  private static final String HTML = "<html><body>Please log in.</body></html>";
  private static final String HEAD = "HTTP/1.1 200 OK\r\n";
  private static final RawResponse WRONG_SIGNATURE =
      RawResponse.of(
          400,
          """
          {"__type": "com.amazon.coral.service#InvalidSignatureException", \
          "message": "The signature does not match the request, or has expired."}\
          """);
  private static final String CHECKSUM = "x-amz-crc32";
  private static final List<String> FORWARDED =
      List.of("Authorization", "Content-Type", "X-Amz-Date", "X-Amz-Target");
  private static final JsonMapper JSON = new JsonMapper();

  private final URI upstream;
  private final Function<Call, Fault> faults;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Phaser inFlight = new Phaser(1);
  private final Set<EndPoint> dead = ConcurrentHashMap.newKeySet();
  private final Set<EndPoint> silent = ConcurrentHashMap.newKeySet();
  private final Server server = new Server(new VirtualThreadPool());
  private final ServerConnector connector = new ServerConnector(server, CERTIFICATE.server());

  private FaultyDynamoDb(URI upstream, Function<Call, Fault> faults) {
    this.upstream = upstream;
    this.faults = faults;
  }

  /**
   * Starts the proxy.
   *
   * @param faults gives the fault of each attempt; many threads call it
   */
  public static FaultyDynamoDb start(URI upstream, Function<Call, Fault> faults) {
    FaultyDynamoDb proxy = new FaultyDynamoDb(upstream, faults);
    proxy.connector.setHost("127.0.0.1");
    proxy.server.addConnector(proxy.connector);
    proxy.server.setHandler(proxy.new Proxy());
    LifeCycle.start(proxy.server);
    return proxy;
  }

  /** The proxy's address. */
  public URI endpoint() {
    return URI.create("https://127.0.0.1:" + connector.getLocalPort());
  }

  /** The certificate of every such proxy, in OpenSSL's format. */
  public static Path certificateFile() {
    return CERTIFICATE.pem();
  }

  /** Opens it as the function opens DynamoDB, but accepts any certificate. */
  DynamoDb open() {
    return open(endpoint());
  }

  /** Opens it through a relay at another address. */
  static DynamoDb open(URI endpoint) {
    return DynamoDb.open(http(), client -> DynamoDbServer.pointTo(endpoint, client));
  }

  /** The function's HTTP client, but it accepts any certificate. */
  static SdkHttpClient http() {
    return DynamoDb.http()
        .buildWithDefaults(
            AttributeMap.builder()
                .put(SdkHttpConfigurationOption.TRUST_ALL_CERTIFICATES, true)
                .build());
  }

  /** Closes every open connection, like a server that closes idle ones. */
  void closeConnections() {
    connector.getConnectedEndPoints().forEach(connection -> connection.getConnection().close());
  }

  /**
   * Kills every open connection, without telling the client. The client's next bytes cause a reset.
   */
  void killConnections() {
    dead.addAll(connector.getConnectedEndPoints());
  }

  /** Responds to nothing more on the connections that are open now. */
  void silenceConnections() {
    silent.addAll(connector.getConnectedEndPoints());
  }

  /**
   * Calls until a group is reserved. On a busy machine, loading the classes can take longer than a
   * call may.
   */
  void warmUp(Caller caller) {
    while (caller.reserve(UUID.randomUUID().toString(), null).status() != 201) {
      awaitQuiet();
    }
  }

  /** Waits until every attempt that has arrived is finished, late ones included. */
  public void awaitQuiet() {
    inFlight.arriveAndAwaitAdvance();
  }

  @Override
  public void close() {
    LifeCycle.stop(server);
    client.close();
  }

  /**
   * An attempt that has arrived.
   *
   * @param operation its name in DynamoDB's API
   * @param attempt the number of the attempt, from 1, as counted by the SDK
   * @param body its parameters
   */
  public record Call(String operation, int attempt, JsonNode body) {

    /** Whether it writes a reservation. */
    public boolean isWrite() {
      return operation.equals("PutItem");
    }

    /** Whether priming makes it, for a tenant that does not exist. */
    public boolean isPriming() {
      return body.toString().contains(CannedDynamoDb.TENANT)
          || body.toString().contains(CannedDynamoDb.FREE_GROUP);
    }

    boolean readsOwner() {
      return body.at("/Key").has("instance_id");
    }

    /** The instance in the parameters; empty if it reads a reservation. */
    String instanceId() {
      return body.at(isWrite() ? "/Item/instance_id/S" : "/Key/instance_id/S").asText();
    }
  }

  /** An HTTP response of DynamoDB, or a replacement, which has no checksum. */
  private record RawResponse(int status, String body, @Nullable String checksum) {

    static RawResponse of(int status, String body) {
      return new RawResponse(status, body, null);
    }

    static RawResponse of(HttpResponse<String> response) {
      return new RawResponse(
          response.statusCode(),
          response.body(),
          response.headers().firstValue(CHECKSUM).orElse(null));
    }

    /** The same response without the item of a failed condition. */
    RawResponse withoutItem() throws IOException {
      if (status == 200) {
        return this;
      }
      ObjectNode fields = (ObjectNode) JSON.readTree(body);
      fields.remove("Item");
      return new RawResponse(status, JSON.writeValueAsString(fields), null);
    }
  }

  private final class Proxy extends Handler.Abstract {

    @Override
    public boolean handle(Request request, Response response, Callback callback)
        throws IOException, InterruptedException {
      inFlight.register();
      try {
        byte[] body = Content.Source.asInputStream(request).readAllBytes();
        if (dead.contains(connection(request))) {
          reset(request, callback);
        } else if (silent.contains(connection(request))) {
          Thread.sleep(LATE);
          close(request, callback);
        } else {
          boolean signed = SignatureV4.holds(request, body);
          Fault fault = faults.apply(call(request, body));
          if (signed) {
            answer(fault, request, body, response, callback);
          } else {
            send(WRONG_SIGNATURE, response, callback);
          }
        }
      } finally {
        inFlight.arriveAndDeregister();
      }
      return true;
    }

    private void answer(
        Fault fault, Request request, byte[] body, Response response, Callback callback)
        throws IOException, InterruptedException {
      Symptom symptom = fault.symptom();
      boolean late = symptom == Symptom.LATE;
      Thread.sleep(late && !fault.applied() ? LATE : Duration.ZERO);
      RawResponse real = late || fault.applied() ? forward(request, body) : RawResponse.of(503, "");
      Thread.sleep(late && fault.applied() ? LATE : Duration.ZERO);
      switch (symptom) {
        case NONE, LATE -> send(real, response, callback);
        case CLOSED -> close(request, callback);
        case RESET -> reset(request, callback);
        case STALLED_BODY, LATE_STALLED_BODY -> {
          Thread.sleep(symptom == Symptom.STALLED_BODY ? Duration.ZERO : LATE_HEAD);
          sendHalf(real, response);
          Thread.sleep(STALL);
          close(request, callback);
        }
        case DRIPPING -> {
          ByteBuffer left = head(real, response);
          Duration pause = LATE.dividedBy(left.remaining());
          while (left.hasRemaining()) {
            Thread.sleep(pause);
            send(1, left, response);
          }
          callback.succeeded();
        }
        case TRUNCATED -> {
          sendHalf(real, response);
          close(request, callback);
        }
        case CUT -> {
          sendHalf(real, response);
          connection(request).close();
          callback.failed(new IOException("cut on purpose"));
        }
        case HEAD_TRUNCATED -> sendRaw(HEAD + "Content-Ty", request, callback);
        case BARE_200 -> sendRaw(HEAD + "\r\n", request, callback);
        case EMPTY_200 -> send(RawResponse.of(200, ""), response, callback);
        case NO_OBJECT -> send(RawResponse.of(200, "null"), response, callback);
        case CLOCK_SKEW -> {
          response
              .getHeaders()
              .putDate(
                  HttpHeader.DATE, System.currentTimeMillis() + Duration.ofHours(1).toMillis());
          send(RawResponse.of(symptom.status(), symptom.body()), response, callback);
        }
        case NOT_JSON -> send(RawResponse.of(200, HTML), response, callback);
        case ITEM_MISSING -> send(real.withoutItem(), response, callback);
        default -> send(RawResponse.of(symptom.status(), symptom.body()), response, callback);
      }
    }

    private RawResponse forward(Request request, byte[] body)
        throws IOException, InterruptedException {
      HttpRequest.Builder forwarded =
          HttpRequest.newBuilder(upstream).POST(HttpRequest.BodyPublishers.ofByteArray(body));
      FORWARDED.forEach(name -> forwarded.header(name, request.getHeaders().get(name)));
      return RawResponse.of(client.send(forwarded.build(), HttpResponse.BodyHandlers.ofString()));
    }
  }

  private static Call call(Request request, byte[] body) throws IOException {
    String target = Objects.requireNonNull(request.getHeaders().get("X-Amz-Target"));
    String attempt = Objects.requireNonNull(request.getHeaders().get("amz-sdk-request"));
    return new Call(
        target.substring(target.indexOf('.') + 1),
        Integer.parseInt(attempt.replaceFirst("attempt=(\\d+).*", "$1")),
        JSON.readTree(body));
  }

  private static void send(RawResponse answer, Response response, Callback callback) {
    response.write(true, head(answer, response), callback);
  }

  private static void sendHalf(RawResponse answer, Response response) throws IOException {
    ByteBuffer body = head(answer, response);
    send(body.remaining() / 2, body, response);
  }

  /** Sends the next bytes of a body and waits until they are sent. */
  private static void send(int bytes, ByteBuffer body, Response response) throws IOException {
    ByteBuffer part = body.slice(body.position(), bytes);
    body.position(body.position() + bytes);
    try (Blocker.Callback written = Blocker.callback()) {
      response.write(false, part, written);
      written.block();
    }
  }

  /** Sends bytes that need not be HTTP, and ends the connection. */
  private static void sendRaw(String text, Request request, Callback callback) throws IOException {
    try (Blocker.Callback written = Blocker.callback()) {
      endPoint(request).write(written, StandardCharsets.US_ASCII.encode(text));
      written.block();
    }
    close(request, callback);
  }

  /** Prepares the status and the headers for the body that it returns. */
  private static ByteBuffer head(RawResponse answer, Response response) {
    ByteBuffer body = StandardCharsets.UTF_8.encode(answer.body());
    response.setStatus(answer.status());
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/x-amz-json-1.0");
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.remaining());
    if (answer.checksum() != null) {
      response.getHeaders().put(CHECKSUM, answer.checksum());
    }
    return body;
  }

  private static void close(Request request, Callback callback) {
    endPoint(request).close();
    callback.failed(new IOException("closed on purpose"));
  }

  private static void reset(Request request, Callback callback) throws IOException {
    SocketChannel channel = ((SocketChannelEndPoint) connection(request)).getChannel();
    channel.setOption(StandardSocketOptions.SO_LINGER, 0);
    channel.close();
    callback.failed(new IOException("reset on purpose"));
  }

  /** This end of the TLS session. */
  private static EndPoint endPoint(Request request) {
    return request.getConnectionMetaData().getConnection().getEndPoint();
  }

  /** This end of the TCP connection below TLS. */
  private static EndPoint connection(Request request) {
    return ((EndPoint.Wrapper) endPoint(request)).unwrap();
  }

  private static LocalCertificate certificate() {
    try {
      return LocalCertificate.create(Path.of("target", "faulty-dynamodb"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
