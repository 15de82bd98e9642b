package dev.marketreserve.dynamodb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.crt.AwsCrtHttpClient;
import software.amazon.awssdk.http.crt.ProxyConfiguration;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClientBuilder;

/** A temporary DynamoDB, which checks neither region nor credentials. */
public sealed interface DynamoDbServer extends AutoCloseable permits DynamoDbLocal, LocalStack {

  /** The LocalStack image to run the tests on; without it, they run on DynamoDB Local. */
  String LOCALSTACK_IMAGE = "localstack.image";

  /** What the clients on this machine sign with. */
  AwsBasicCredentials CREDENTIALS = AwsBasicCredentials.create("local", "local");

  Region REGION = Region.US_EAST_1;

  /**
   * Points a client at such a DynamoDB. The client ignores the environment's settings, which are
   * meant for AWS.
   */
  static DynamoDbClientBuilder pointTo(URI endpoint, DynamoDbClientBuilder client) {
    return client
        .endpointOverride(endpoint)
        .httpClientBuilder(http())
        .fipsEnabled(false)
        .dualstackEnabled(false)
        .region(REGION)
        .credentialsProvider(StaticCredentialsProvider.create(CREDENTIALS));
  }

  /** The function's HTTP client without a proxy, which could not reach this machine. */
  static AwsCrtHttpClient.Builder http() {
    return DynamoDb.http()
        .proxyConfiguration(
            ProxyConfiguration.builder()
                .useSystemPropertyValues(false)
                .useEnvironmentVariableValues(false)
                .build());
  }

  static DynamoDbServer start() {
    String image = System.getProperty(LOCALSTACK_IMAGE);
    try {
      return image == null ? DynamoDbLocal.start("127.0.0.1", 0) : LocalStack.start(image);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  URI endpoint();

  @Override
  void close();
}
