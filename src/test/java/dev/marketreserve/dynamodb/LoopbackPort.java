package dev.marketreserve.dynamodb;

import java.io.IOException;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** A port of 127.0.0.1 that a server listens on. */
public final class LoopbackPort {

  private LoopbackPort() {}

  /**
   * Opens a port for {@code server}.
   *
   * @param port 0 for any that is free
   * @throws IOException where the port is taken; its message says so
   */
  public static ServerConnector open(Server server, int port) throws IOException {
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
    connector.setHost("127.0.0.1");
    connector.setPort(port);
    try {
      connector.open();
    } catch (IOException e) {
      throw new IOException("port " + port + " of 127.0.0.1 is taken.", e);
    }
    server.addConnector(connector);
    return connector;
  }
}
