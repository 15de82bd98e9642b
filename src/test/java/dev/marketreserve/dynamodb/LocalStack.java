package dev.marketreserve.dynamodb;

import java.net.URI;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.localstack.LocalStackContainer;
import org.testcontainers.utility.DockerImageName;

/** LocalStack's DynamoDB in a container: {@code mvn verify -Plocalstack}. */
final class LocalStack implements DynamoDbServer {

  private final LocalStackContainer container;

  private LocalStack(LocalStackContainer container) {
    this.container = container;
  }

  /**
   * Starts a container.
   *
   * @param image the name of the image, in any registry
   * @throws IllegalStateException where there is no Docker
   */
  static LocalStack start(String image) {
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      throw new IllegalStateException(
          "The profile localstack needs a running Docker, and none was found.");
    }
    LocalStackContainer container =
        new LocalStackContainer(
                DockerImageName.parse(image).asCompatibleSubstituteFor("localstack/localstack"))
            .withServices("dynamodb");
    container.start();
    return new LocalStack(container);
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
