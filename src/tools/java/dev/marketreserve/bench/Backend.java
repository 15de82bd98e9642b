package dev.marketreserve.bench;

import dev.marketreserve.tls.LocalCertificate;
import java.io.IOException;
import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A DynamoDB behind the functions.
 *
 * @param stub the stub that it is; null for another, whose calls are not counted
 * @param variables further variables of the functions that call it
 */
record Backend(
    String name, URI endpoint, @Nullable StubDynamoDb stub, Map<String, String> variables) {

  static Backend of(String name, StubDynamoDb stub) {
    return new Backend(name, stub.endpoint(), stub, Map.of());
  }

  static Backend of(String name, URI endpoint) {
    return new Backend(name, endpoint, null, Map.of());
  }

  /** The same, its certificate made known to functions of every language. */
  Backend trusting(LocalCertificate certificate) throws IOException {
    String pem = certificate.pem().toString();
    return new Backend(
        name,
        endpoint,
        stub,
        Map.of(
            "JAVA_TOOL_OPTIONS",
            "-Djavax.net.ssl.trustStore=" + certificate.trustStore(),
            "NODE_EXTRA_CA_CERTS",
            pem,
            "AWS_CA_BUNDLE",
            pem,
            "SSL_CERT_FILE",
            pem));
  }

  /** The calls so far; 0 where nobody counts. */
  int calls() {
    return stub == null ? 0 : stub.calls();
  }

  /** Closes every connection to a stub, as it happens between a snapshot and its restoration. */
  void dropConnections() {
    if (stub != null) {
      stub.dropConnections();
    }
  }
}
