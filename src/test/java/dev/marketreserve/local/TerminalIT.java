package dev.marketreserve.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.dynamodb.DynamoDbServer;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** The local API's terminal output. */
class TerminalIT {

  private static final JsonMapper JSON = new JsonMapper();

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void everyRequestPrintsALineBelowTheCauseOfAnyFailure() throws Exception {
    try (LocalApiProcess api = LocalApiProcess.start()) {
      assertTrue(api.greeting().startsWith("Starting DynamoDB Local"), api.greeting());
      String path = api.reservePath();
      reserve(api, "key-1");
      assertLine("201            ", "POST " + path, api.nextLine());
      reserve(api, "key-1");
      assertLine("201 replayed   ", "POST " + path, api.nextLine());
      reserve(api, "key-2");
      assertLine("409 APIG.3402  ", "POST " + path, api.nextLine());
      send(HttpRequest.newBuilder(URI.create(api.url() + "/nothing?at=all")));
      assertLine("404 APIG.0101  ", "GET /nothing?at=all", api.nextLine());
      try (Socket socket =
          new Socket(InetAddress.getLoopbackAddress(), URI.create(api.url()).getPort())) {
        String red = "GET /\u009b31m HTTP/1.1\r\nHost: h\r\n\r\n";
        socket.getOutputStream().write(red.getBytes(StandardCharsets.UTF_8));
        assertLine("404 APIG.0101  ", "GET /?31m", api.nextLine());
      }
      try (DynamoDbClient client =
          DynamoDbServer.pointTo(api.dynamoDbUrl(), DynamoDbClient.builder()).build()) {
        client.deleteTable(delete -> delete.tableName("ReservationsTable"));
      }
      reserve(api, "key");
      StringBuilder output = new StringBuilder(api.nextLine());
      String line = api.nextLine();
      while (line.startsWith("\t") || line.startsWith("Caused by")) {
        output.append(line);
        line = api.nextLine();
      }
      assertTrue(output.toString().contains("UnknownOutcomeException"), output::toString);
      assertTrue(output.toString().contains("ResourceNotFoundException"), output::toString);
      assertLine("500 APIG.9999  ", "POST " + api.reservePath(), line);
    }
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void verboseShowsTheEventTheOperationsAndTheLog() throws Exception {
    try (LocalApiProcess api = LocalApiProcess.start("-Dverbose=true")) {
      assertRequest(api, "PutItemResponse(", "201            ");
      assertRequest(
          api,
          "software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException",
          "409 APIG.3402  ");
    }
  }

  private static void assertRequest(LocalApiProcess api, String result, String status)
      throws Exception {
    reserve(api, "key-" + status.strip().length());
    JsonNode event = JSON.readTree(text("event", api));
    assertEquals(api.reservePath(), event.get("path").textValue());
    assertEquals("{\"group_id\":\"group\"}", event.get("body").textValue());
    assertEquals("false", event.get("isBase64Encoded").asText());
    String get = text("DynamoDB", api);
    assertTrue(get.startsWith("GetItemRequest(TableName=InstanceOwnersTable, "), get);
    String put = text("DynamoDB", api);
    assertTrue(put.startsWith("PutItemRequest(TableName=ReservationsTable, "), put);
    assertTrue(put.contains("): " + result), put);
    assertEquals("group", JSON.readTree(text("log", api)).get("group_id").textValue());
    assertLine(status, "POST " + api.reservePath(), api.nextLine());
  }

  private static String text(String kind, LocalApiProcess api) {
    String line = api.nextLine().strip();
    assertTrue(line.startsWith(kind + " "), line);
    return line.substring(kind.length()).strip();
  }

  private static void assertLine(String status, String request, String line) {
    assertTrue(
        line.matches("\\d\\d:\\d\\d:\\d\\d  \\Q" + status + "\\E *\\d+ ms  \\Q" + request + "\\E"),
        line);
  }

  private static void reserve(LocalApiProcess api, String key) throws Exception {
    send(
        HttpRequest.newBuilder(URI.create(api.url() + api.reservePath()))
            .header("X-Domain-Id", api.domain())
            .header("Idempotency-Key", key)
            .POST(BodyPublishers.ofString("{\"group_id\":\"group\"}")));
  }

  private static void send(HttpRequest.Builder request) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      http.send(request.build(), BodyHandlers.discarding());
    }
  }
}
