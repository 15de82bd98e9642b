package dev.marketreserve.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateEncodingException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate for 127.0.0.1 and its key, so that a function on this machine speaks TLS as on AWS.
 * The JDK's {@code keytool} creates a new one each time.
 *
 * @param directory the directory of its files
 */
public record LocalCertificate(Path directory) {

  /** A name that the certificate is valid for, in addition to 127.0.0.1. */
  public static final String NAME = "dynamodb.test";

  private static final String ALIAS = "local";
  private static final String PASSWORD = "changeit"; // the JDK's default password for a trust store

  /** Creates the certificate. */
  public static LocalCertificate create(Path directory) throws IOException {
    LocalCertificate certificate = new LocalCertificate(directory.toAbsolutePath());
    Files.createDirectories(directory);
    Files.deleteIfExists(certificate.keys());
    certificate.keytool();
    return certificate;
  }

  /** For a server on 127.0.0.1, and for a client that trusts only this certificate. */
  public SSLContext context() {
    try {
      KeyStore keys = KeyStore.getInstance(keys().toFile(), PASSWORD.toCharArray());
      KeyManagerFactory managers =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      managers.init(keys, PASSWORD.toCharArray());
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(keys);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(managers.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The environment variables for a process that has to trust this certificate.
   *
   * <p>AWS's Common Runtime and Go read {@code SSL_CERT_FILE}, Python and Node read the others. The
   * JDK's own TLS reads none of them.
   *
   * @see <a
   *     href="https://github.com/aws/s2n-tls/blob/main/docs/usage-guide/topics/ch09-certificates.md">The
   *     trust store of s2n-tls</a>
   */
  public Map<String, String> environment() throws IOException {
    String pem = pem().toString();
    return Map.of("SSL_CERT_FILE", pem, "AWS_CA_BUNDLE", pem, "NODE_EXTRA_CA_CERTS", pem);
  }

  /** The certificate in OpenSSL's format. */
  public Path pem() throws IOException {
    try {
      String encoded = Base64.getMimeEncoder().encodeToString(certificate().getEncoded());
      return Files.writeString(
          directory.resolve("certificate.pem"),
          "-----BEGIN CERTIFICATE-----\n" + encoded + "\n-----END CERTIFICATE-----\n",
          StandardCharsets.US_ASCII);
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException(e);
    }
  }

  private java.security.cert.Certificate certificate() throws IOException {
    try {
      return KeyStore.getInstance(keys().toFile(), PASSWORD.toCharArray()).getCertificate(ALIAS);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private Path keys() {
    return directory.resolve("keys.p12");
  }

  private void keytool() throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-genkeypair", "-alias", ALIAS, "-keyalg", "RSA", "-keysize", "2048"));
    command.addAll(List.of("-dname", "CN=127.0.0.1", "-ext", "SAN=ip:127.0.0.1,dns:" + NAME));
    command.addAll(List.of("-keystore", keys().toString(), "-storepass", PASSWORD));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IOException("keytool: " + output);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
