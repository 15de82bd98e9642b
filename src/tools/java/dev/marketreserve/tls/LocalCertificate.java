package dev.marketreserve.tls;

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
 * A certificate for 127.0.0.1 with its key, so that a function on this machine speaks TLS as it
 * does on AWS. Made anew by the JDK's {@code keytool} each time.
 *
 * @param directory where its files are
 */
public record LocalCertificate(Path directory) {

  /** A name that the certificate holds for, beside 127.0.0.1. */
  public static final String NAME = "dynamodb.test";

  private static final String ALIAS = "local";
  private static final String PASSWORD = "changeit"; // the one of every JDK's trust store

  /** Makes the certificate. */
  public static LocalCertificate create(Path directory) throws IOException {
    LocalCertificate certificate = new LocalCertificate(directory.toAbsolutePath());
    Files.createDirectories(directory);
    Files.deleteIfExists(certificate.keys());
    certificate.keytool();
    return certificate;
  }

  /** For a server on 127.0.0.1, and for a client that trusts this certificate alone. */
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
   * The environment of a process that is to trust the certificate, beside what it trusts anyway.
   * Nothing else on the machine changes.
   *
   * <p>{@code SSL_CERT_FILE} is for AWS's Common Runtime and for Go: both begin with the default
   * locations of their library for cryptography, which the variable names. The JDK's own TLS knows
   * none of these variables.
   *
   * @see <a
   *     href="https://github.com/aws/s2n-tls/blob/main/docs/usage-guide/topics/ch09-certificates.md">The
   *     trust store of s2n-tls</a>
   */
  public Map<String, String> environment() throws IOException {
    String pem = pem().toString();
    return Map.of("SSL_CERT_FILE", pem, "AWS_CA_BUNDLE", pem, "NODE_EXTRA_CA_CERTS", pem);
  }

  /** The certificate as OpenSSL and what is built on it read it. */
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
