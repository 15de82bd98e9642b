package dev.marketreserve.dynamodb;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;

/** A DynamoDB that lives as long as the tests and checks no credentials. */
sealed interface DynamoDbServer extends AutoCloseable permits DynamoDbLocal, LocalStack {

  /** The image of LocalStack to run on; where it is not set, the tests run on DynamoDB Local. */
  String LOCALSTACK_IMAGE = "localstack.image";

  static DynamoDbServer start() {
    String image = System.getProperty(LOCALSTACK_IMAGE);
    try {
      return image == null ? DynamoDbLocal.start() : LocalStack.start(image);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  URI endpoint();

  @Override
  void close();
}
