package dev.marketreserve.chaos;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * TCP connections that fail on demand: a relay on 127.0.0.1 that holds back new connections, cuts
 * open ones, or passes on the server's bytes one by one.
 */
public final class Wire implements AutoCloseable {

  private final URI target;
  private final ServerSocket server;
  private final AtomicInteger connections = new AtomicInteger();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile CountDownLatch gate = new CountDownLatch(0);
  private volatile Duration pause = Duration.ZERO;

  private Wire(URI target, ServerSocket server) {
    this.target = target;
    this.server = server;
  }

  /** Starts a relay to a server on this machine. */
  public static Wire to(URI target) {
    try {
      Wire wire = new Wire(target, new ServerSocket(0, 100, InetAddress.getLoopbackAddress()));
      Thread.startVirtualThread(wire::accept);
      return wire;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The address of the relay. */
  public URI endpoint() {
    return URI.create(target.getScheme() + "://127.0.0.1:" + server.getLocalPort());
  }

  /** Holds back every byte of connections that are opened from now on, until {@link #release}. */
  public void stall() {
    gate = new CountDownLatch(1);
  }

  /** Passes on the bytes that were held back. */
  public void release() {
    gate.countDown();
  }

  /** The number of connections so far. */
  public int connections() {
    return connections.get();
  }

  /** Cuts the connections that are open now. */
  void cut() {
    open.forEach(Wire::close);
  }

  /** Passes on the server's bytes one by one from now on. */
  void drip(Duration pause) {
    this.pause = pause;
  }

  @Override
  public void close() {
    release();
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cut();
  }

  private void accept() {
    while (true) {
      try {
        Socket client = server.accept();
        connections.incrementAndGet();
        open.add(client);
        CountDownLatch held = gate;
        Thread.startVirtualThread(() -> relay(client, held));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void relay(Socket client, CountDownLatch held) {
    try (client;
        Socket upstream = new Socket(target.getHost(), target.getPort())) {
      open.add(upstream);
      held.await();
      Thread.startVirtualThread(() -> {
        copy(client, upstream, false);
        close(upstream);
      });
      copy(upstream, client, true);
    } catch (IOException e) {
      // The connection ends for both sides.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void copy(Socket from, Socket to, boolean mayDrip) {
    try {
      InputStream input = from.getInputStream();
      OutputStream output = to.getOutputStream();
      byte[] bytes = new byte[8192];
      for (int read = input.read(bytes); read >= 0; read = input.read(bytes)) {
        for (int sent = 0; sent < read; ) {
          int part = mayDrip && !pause.isZero() ? 1 : read - sent;
          output.write(bytes, sent, part);
          sent += part;
          Thread.sleep(mayDrip ? pause : Duration.ZERO);
        }
      }
    } catch (IOException e) {
      // The connection ends for both sides.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
