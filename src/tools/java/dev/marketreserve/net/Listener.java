package dev.marketreserve.net;

import com.google.common.base.Throwables;
import java.io.IOException;
import java.net.BindException;
import java.nio.channels.UnresolvedAddressException;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** Opens the port that a server listens on. */
public final class Listener {

  private Listener() {}

  /**
   * Opens a port for {@code server}.
   *
   * @param host an address of this machine
   * @param port 0 for any free port
   * @throws IOException if it cannot be opened; its message says why
   */
  public static ServerConnector open(Server server, String host, int port) throws IOException {
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    http.setUriCompliance(UriCompliance.UNSAFE); // The handler checks the path and its escapes.
    ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
    connector.setHost(host);
    connector.setPort(port);
    try {
      connector.open();
    } catch (IOException | UnresolvedAddressException e) {
      String reason =
          switch (Throwables.getRootCause(e)) {
            case BindException cause when "Address already in use".equals(cause.getMessage()) ->
                "is in use.";
            case UnresolvedAddressException cause -> "cannot be opened: there is no such host.";
            case Throwable cause -> "cannot be opened: " + cause.getMessage() + ".";
          };
      throw new IOException("port " + port + " on " + host + " " + reason, e);
    }
    server.addConnector(connector);
    return connector;
  }
}
