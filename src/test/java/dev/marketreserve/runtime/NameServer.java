package dev.marketreserve.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A DNS server on port 53 of a loopback address that resolves every name to 127.0.0.1. It can fail,
 * or hold back its responses. Only root can open port 53.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc1035#section-4">RFC 1035, messages</a>
 */
final class NameServer implements AutoCloseable {

  private static final int HEADER_BYTES = 12;
  private static final int TYPE_A = 1;
  private static final short ANSWER = (short) 0x8180;
  private static final short SERVER_FAILURE = (short) 0x8182;

  private static final AtomicInteger STARTED = new AtomicInteger();

  private final DatagramSocket socket;
  private final AtomicInteger failures = new AtomicInteger();
  private volatile CountDownLatch gate = new CountDownLatch(0);

  private NameServer(DatagramSocket socket) {
    this.socket = socket;
  }

  static NameServer start() {
    try {
      InetAddress host = InetAddress.getByName("127.53.0." + STARTED.incrementAndGet());
      NameServer server = new NameServer(new DatagramSocket(new InetSocketAddress(host, 53)));
      Thread.startVirtualThread(server::serve);
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Its address on this machine, which no other server has. */
  String address() {
    return socket.getLocalAddress().getHostAddress();
  }

  /** Fails the next look-up: both its query for an IPv4 address and the one for an IPv6 address. */
  void failOnce() {
    failures.set(2);
  }

  /** Holds back every response until {@link #release}. */
  void hold() {
    gate = new CountDownLatch(1);
  }

  void release() {
    gate.countDown();
  }

  @Override
  public void close() {
    release();
    socket.close();
  }

  private void serve() {
    while (true) {
      byte[] bytes = new byte[512];
      DatagramPacket query = new DatagramPacket(bytes, bytes.length);
      try {
        socket.receive(query);
      } catch (IOException e) {
        return;
      }
      Thread.startVirtualThread(() -> response(query));
    }
  }

  private void response(DatagramPacket query) {
    try {
      gate.await();
      byte[] response = response(ByteBuffer.wrap(query.getData(), 0, query.getLength()));
      socket.send(new DatagramPacket(response, response.length, query.getSocketAddress()));
    } catch (IOException e) {
      // The server has ended.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private byte[] response(ByteBuffer query) {
    int end = HEADER_BYTES;
    while (query.get(end) != 0) {
      end += query.get(end) + 1;
    }
    int type = query.getShort(end + 1);
    end += 5;
    boolean fails = failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0;
    boolean found = !fails && type == TYPE_A;
    ByteBuffer response = ByteBuffer.allocate(end + (found ? 16 : 0));
    response.putShort(query.getShort(0)).putShort(fails ? SERVER_FAILURE : ANSWER);
    response.putShort((short) 1).putShort((short) (found ? 1 : 0)).putInt(0);
    response.put(query.slice(HEADER_BYTES, end - HEADER_BYTES));
    if (found) {
      response.putShort((short) (0xC000 | HEADER_BYTES)); // the name in the query
      response.putShort((short) TYPE_A).putShort((short) 1);
      response.putInt(0); // seconds to cache it
      response.putShort((short) 4).put(InetAddress.getLoopbackAddress().getAddress());
    }
    return response.array();
  }
}
