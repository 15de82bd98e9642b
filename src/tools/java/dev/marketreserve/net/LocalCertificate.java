package dev.marketreserve.net;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/**
 * A certificate for 127.0.0.1 and its key, so that a function on this machine speaks TLS as on AWS.
 * The JDK's {@code keytool} creates a new one each time.
 *
 * @param pem the certificate's file, in OpenSSL's format
 */
public record LocalCertificate(KeyStore keys, Path pem) {

  /** A name that the certificate is valid for, in addition to 127.0.0.1. */
  public static final String NAME = "dynamodb.test";

  private static final String ALIAS = "local";
  private static final String PASSWORD = "changeit"; // the JDK's default password for a trust store

  /** Creates the certificate, with its files in {@code directory}. */
  public static LocalCertificate create(Path directory) throws IOException {
    Path store = Files.createDirectories(directory).resolve("keys.p12");
    Files.deleteIfExists(store);
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of("-genkeypair", "-alias", ALIAS, "-keyalg", "RSA", "-keysize", "2048"));
    command.addAll(List.of("-dname", "CN=127.0.0.1", "-ext", "SAN=ip:127.0.0.1,dns:" + NAME));
    command.addAll(List.of("-keystore", store.toString(), "-storepass", PASSWORD));
    Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (keytool.onExit().join().exitValue() != 0) {
      throw new IOException("keytool: " + output);
    }
    try {
      KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
      byte[] certificate = keys.getCertificate(ALIAS).getEncoded();
      Path pem =
          Files.writeString(
              directory.resolve("certificate.pem").toAbsolutePath(),
              "-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n"
                  .formatted(Base64.getMimeEncoder().encodeToString(certificate)));
      return new LocalCertificate(keys, pem);
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  /** TLS with this certificate, for a server. */
  public SslContextFactory.Server server() {
    SslContextFactory.Server tls = new SslContextFactory.Server();
    tls.setKeyStore(keys);
    tls.setKeyStorePassword(PASSWORD);
    return tls;
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
  public Map<String, String> environment() {
    String file = pem.toString();
    return Map.of("SSL_CERT_FILE", file, "AWS_CA_BUNDLE", file, "NODE_EXTRA_CA_CERTS", file);
  }
}
