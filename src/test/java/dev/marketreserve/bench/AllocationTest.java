package dev.marketreserve.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** The memory that the path of a request takes, event to response, without a network. */
class AllocationTest {

  private static final int REQUESTS = 200;
  private static final long MAX_BYTES = 115_000;

  @Test
  void aRequestAllocatesLittle() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (RequestPath path = new RequestPath()) {
      send(path);
      long before = threads.getCurrentThreadAllocatedBytes();
      send(path);
      long bytes = (threads.getCurrentThreadAllocatedBytes() - before) / REQUESTS;
      assertTrue(bytes <= MAX_BYTES, bytes + " bytes a request");
    }
  }

  private static void send(RequestPath path) {
    for (int i = 0; i < REQUESTS; i++) {
      path.request();
    }
  }
}
