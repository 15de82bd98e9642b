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
   */
  static LocalStack start(String image) {
    LocalStackContainer container =
        new LocalStackContainer(
                DockerImageName.parse(image).asCompatibleSubstituteFor("localstack/localstack"))
            .withServices("dynamodb");
    container.start();
    return new LocalStack(container);
  }

  /** Ends the build with one sentence where there is no Docker to run the tests on. */
  static void main() {
    if (!DockerClientFactory.instance().isDockerAvailable()) {
      System.err.println("The profile localstack needs a running Docker, and none was found.");
      System.exit(1);
    }
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
