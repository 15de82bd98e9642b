package dev.marketreserve.dynamodb;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpResponse;

/** An HTTP client that gets its responses from a test. */
public record StubHttp(Responder responder) implements SdkHttpClient {

  /** Responds to an attempt. */
  @FunctionalInterface
  public interface Responder {
    HttpExecuteResponse respond(HttpExecuteRequest request) throws IOException;
  }

  /** Opens DynamoDB with these responses. */
  public static DynamoDb open(Responder responder) {
    URI nowhere = URI.create("http://127.0.0.1:1");
    return DynamoDb.open(
        new StubHttp(responder), client -> DynamoDbServer.pointTo(nowhere, client));
  }

  public static HttpExecuteResponse response(int status, String body) {
    return response(status, new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
  }

  static HttpExecuteResponse response(int status, InputStream body) {
    return HttpExecuteResponse.builder()
        .response(SdkHttpResponse.builder().statusCode(status).build())
        .responseBody(AbortableInputStream.create(body))
        .build();
  }

  @Override
  public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
    return new ExecutableHttpRequest() {
      @Override
      public HttpExecuteResponse call() throws IOException {
        return responder.respond(request);
      }

      @Override
      public void abort() {}
    };
  }

  @Override
  public void close() {}
}
