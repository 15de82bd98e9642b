package dev.marketreserve.local;

import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;

import com.google.common.base.Throwables;
import dev.marketreserve.Events;
import dev.marketreserve.ReserveHandler;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.dynamodb.DynamoDbLocal;
import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.TenantIds;
import dev.marketreserve.net.Listener;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.thread.VirtualThreadPool;

/**
 * The API on this machine: an HTTP server on 127.0.0.1, the real handler, and DynamoDB Local, all
 * in one JVM. {@code mvn -Plocal} starts it.
 */
record LocalApi(DynamoDbLocal dynamoDb, Tables tables, Server server, int port)
    implements AutoCloseable {

  private static final String HOST = "127.0.0.1";

  /** More than any platform's native code needs. */
  private static final int NATIVE_CODE_BYTES = 16 << 20;

  /**
   * Starts the API.
   *
   * @param port 0 for any free port; {@code dynamoDbPort} likewise
   * @throws IOException if a port cannot be opened
   */
  static LocalApi start(int port, String dynamoDbHost, int dynamoDbPort, List<TenantIds> owners)
      throws IOException {
    Server server = new Server(new VirtualThreadPool());
    ServerConnector connector = Listener.open(server, HOST, port);
    DynamoDbLocal dynamoDb = DynamoDbLocal.start(dynamoDbHost, dynamoDbPort);
    Tables tables = Tables.create(dynamoDb.endpoint(), "");
    owners.forEach(tables::register);
    Terminal terminal = new Terminal();
    ReserveHandler function = new ReserveHandler(tables.settings(), tables.dynamoDb(terminal));
    Gateway gateway = new Gateway(function, terminal);
    server.setHandler(new Handler.Sequence(new Documentation(Events.tenant()), gateway));
    server.setErrorHandler(gateway::refuse);
    LifeCycle.start(server);
    return new LocalApi(dynamoDb, tables, server, connector.getLocalPort());
  }

  String url() {
    return "http://" + HOST + ":" + port;
  }

  URI dynamoDbUrl() {
    return dynamoDb.endpoint();
  }

  @Override
  public void close() {
    LifeCycle.stop(server);
    tables.close();
    dynamoDb.close();
  }

  /** Arguments: {@code port dynamodb.host dynamodb.port [domain:project:instance]}. */
  static void main(String... arguments) {
    endWithParent();
    // The user's AWS profile is not meant for this API.
    System.setProperty("aws.configFile", "/nonexistent");
    System.setProperty("aws.sharedCredentialsFile", "/nonexistent");
    System.out.println("Starting DynamoDB Local and the API ...");
    TenantIds sample = Events.tenant();
    try {
      checkTemporaryDirectory();
      List<TenantIds> owners = new ArrayList<>(List.of(sample));
      Stream.of(arguments).skip(3).map(TenantIds::parse).forEach(owners::add);
      LocalApi api = start(port(arguments[0]), arguments[1], port(arguments[2]), owners);
      Runtime.getRuntime().addShutdownHook(new Thread(api::close));
      System.out.printf(
          Locale.ROOT,
          """

          Market Reserve listens on %s, its DynamoDB on %s. Ctrl-C ends both.
          To try it, open %s/docs in a browser, or call it here:

            curl -i -X POST %s \\
              -H 'X-Domain-Id: %s' -H 'Content-Type: application/json' \\
              -d '{"group_id": "%s"}'

          """,
          api.url(),
          api.dynamoDbUrl(),
          api.url(),
          reserveUrl(api.url(), sample),
          sample.domainId(),
          UUID.randomUUID());
    } catch (Throwable e) { // Without an exit, the servers' threads would keep the process alive.
      String reason =
          e instanceof IOException || e instanceof IllegalArgumentException
              ? e.getMessage()
              : Throwables.getRootCause(e).toString().strip().replaceAll("\\s+", " ");
      System.err.println("The local API cannot start: " + reason);
      System.exit(1);
    }
  }

  /**
   * Checks that the HTTP client can unpack its native code. Otherwise the client prints a stack
   * trace.
   */
  private static void checkTemporaryDirectory() throws IOException {
    Path directory = Path.of(System.getProperty("java.io.tmpdir"));
    try (OutputStream probe =
        Files.newOutputStream(
            Files.createTempFile(directory, "market-reserve-", ".tmp"), DELETE_ON_CLOSE)) {
      probe.write(new byte[NATIVE_CODE_BYTES]);
    } catch (IOException e) {
      throw new IOException(
          "%s has no room for %s bytes: %s".formatted(directory, NATIVE_CODE_BYTES, e), e);
    }
  }

  static int port(String text) {
    if (text.matches("\\d{1,5}") && Integer.parseInt(text) <= 65535) {
      return Integer.parseInt(text);
    }
    throw new IllegalArgumentException(text + " is not a port: it must be 0 to 65535.");
  }

  /**
   * Ends this process when its parent ends. Otherwise this process would keep its ports if only
   * Maven is killed. Does nothing if the parent is unknown or process 1.
   */
  private static void endWithParent() {
    Optional<ProcessHandle> parent = ProcessHandle.current().parent();
    if (parent.filter(process -> process.pid() > 1).isPresent()) {
      Thread.startVirtualThread(() -> {
        // Not onExit: it waits as long as the dead parent is a zombie.
        while (ProcessHandle.current().parent().equals(parent)) {
          LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
        }
        System.exit(0);
      });
    }
  }

  /** The URL at which {@code owner} reserves. */
  static String reserveUrl(String base, TenantIds owner) {
    String path = SamTemplate.read().routes().getFirst().path();
    return base
        + path.replace("{project_id}", owner.projectId())
            .replace("{instance_id}", owner.instanceId());
  }
}
