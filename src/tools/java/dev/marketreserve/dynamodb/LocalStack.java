package dev.marketreserve.dynamodb;

import com.github.dockerjava.api.DockerClient;
import com.google.common.base.Throwables;
import java.net.URI;
import java.util.Locale;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.dockerclient.DockerClientProviderStrategy;
import org.testcontainers.dockerclient.TransportConfig;
import org.testcontainers.localstack.LocalStackContainer;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.ImageNameSubstitutor;

/** LocalStack's DynamoDB in a container: {@code mvn verify -Plocalstack}. */
final class LocalStack implements DynamoDbServer {

  private final LocalStackContainer container;

  private LocalStack(LocalStackContainer container) {
    this.container = container;
  }

  /**
   * Starts a container.
   *
   * @param image the image's name, in any registry
   */
  static LocalStack start(String image) {
    LocalStackContainer container =
        new LocalStackContainer(
                DockerImageName.parse(image).asCompatibleSubstituteFor("localstack/localstack"))
            .withServices("dynamodb");
    container.start();
    return new LocalStack(container);
  }

  /**
   * Pulls the image and starts a container as the tests do. If that fails, prints one sentence that
   * says why, and ends the build.
   */
  static void main() {
    String image = System.getProperty(LOCALSTACK_IMAGE);
    DockerClientFactory docker = DockerClientFactory.instance();
    String step = "find Docker";
    try {
      TransportConfig transport = docker.getTransportConfig();
      step = "pull " + image;
      pull(image, docker, DockerClientProviderStrategy.getClientForConfig(transport));
      step = "run testcontainers/ryuk";
      docker.client();
      step = "run " + image;
      start(image).close();
    } catch (RuntimeException e) {
      String reason = String.valueOf(Throwables.getRootCause(e).getMessage());
      System.err.printf(
          Locale.ROOT,
          "The profile localstack cannot %s; see CONTRIBUTING.md. The reason: %s%n",
          step,
          reason.strip().replaceAll("\\s+", " "));
      System.exit(1);
    }
  }

  /**
   * Pulls a missing image. When Testcontainers itself starts a container, it gives a pull only two
   * minutes, and retries for over three if the registry cannot be reached.
   */
  @SuppressWarnings("deprecation") // no other method pulls without retries
  private static void pull(String image, DockerClientFactory docker, DockerClient client) {
    DockerImageName name = ImageNameSubstitutor.instance().apply(DockerImageName.parse(image));
    docker.checkAndPullImage(client, name.asCanonicalNameString());
  }

  @Override
  public URI endpoint() {
    return container.getEndpoint();
  }

  @Override
  public void close() {
    container.stop();
  }
}
