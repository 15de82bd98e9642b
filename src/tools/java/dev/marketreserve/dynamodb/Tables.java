package dev.marketreserve.dynamodb;

import com.fasterxml.jackson.databind.JsonNode;
import dev.marketreserve.SamTemplate;
import dev.marketreserve.Settings;
import dev.marketreserve.reservation.ResourceId;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;

/**
 * The two tables of {@code template.yaml} in a DynamoDB on this machine.
 *
 * @param endpoint the address of the tables' DynamoDB
 * @param client has none of the function's limits, and is closed with this object
 */
public record Tables(URI endpoint, DynamoDbClient client, Settings settings)
    implements AutoCloseable {

  /** Creates the template's tables, with a prefix to their names. */
  public static Tables create(URI endpoint, String prefix) {
    Tables tables = open(endpoint, prefix);
    for (Map.Entry<String, JsonNode> table : SamTemplate.read().tables()) {
      JsonNode properties = table.getValue().get("Properties");
      String key = properties.at("/KeySchema/0/AttributeName").asText();
      tables.client.createTable(create ->
          create
              .tableName(prefix + table.getKey())
              .billingMode(properties.get("BillingMode").asText())
              .attributeDefinitions(
                  AttributeDefinition.builder().attributeName(key).attributeType("S").build())
              .keySchema(KeySchemaElement.builder().attributeName(key).keyType("HASH").build()));
    }
    return tables;
  }

  /** The tables that {@link #create} has created. */
  public static Tables open(URI endpoint, String prefix) {
    Settings names = Settings.from(SamTemplate.read().environment());
    return new Tables(
        endpoint,
        DynamoDbServer.pointTo(endpoint, DynamoDbClient.builder()).build(),
        new Settings(prefix + names.reservationsTable(), prefix + names.instanceOwnersTable()));
  }

  /** Opens the tables' DynamoDB the way the function does, with additional interceptors. */
  public DynamoDb dynamoDb(ExecutionInterceptor... interceptors) {
    return DynamoDb.open(
        DynamoDbServer.http().build(),
        client ->
            DynamoDbServer.pointTo(endpoint, client)
                .overrideConfiguration(
                    client.overrideConfiguration().toBuilder()
                        .executionInterceptors(List.of(interceptors))
                        .build()));
  }

  @Override
  public void close() {
    client.close();
  }

  public void register(TenantIds owner) {
    Map<String, AttributeValue> item = new HashMap<>(instance(owner));
    item.put("project_id", AttributeValue.fromS(owner.projectId()));
    item.put("domain_id", AttributeValue.fromS(owner.domainId()));
    client.putItem(put -> put.tableName(settings.instanceOwnersTable()).item(item));
  }

  public void revoke(TenantIds owner) {
    client.deleteItem(
        delete -> delete.tableName(settings.instanceOwnersTable()).key(instance(owner)));
  }

  /** A group's reservation, every attribute as text; empty if there is none. */
  public Map<String, String> reservation(String groupId) {
    return text(
        client
            .getItem(get ->
                get.tableName(settings.reservationsTable())
                    .key(group(groupId))
                    .consistentRead(true))
            .item());
  }

  /** All stored reservations, every attribute as text. */
  public List<Map<String, String>> reservations() {
    return client
        .scanPaginator(scan -> scan.tableName(settings.reservationsTable()).consistentRead(true))
        .items()
        .stream()
        .map(Tables::text)
        .toList();
  }

  /** Deletes a group's reservation, like an operator who releases it. */
  public void release(String groupId) {
    client.deleteItem(delete -> delete.tableName(settings.reservationsTable()).key(group(groupId)));
  }

  public void clearReservations() {
    reservations()
        .forEach(reservation -> release(Objects.requireNonNull(reservation.get("group_id"))));
  }

  private static Map<String, AttributeValue> instance(TenantIds owner) {
    String id = ResourceId.parse(owner.instanceId()).orElseThrow().canonical();
    return Map.of("instance_id", AttributeValue.fromS(id));
  }

  private static Map<String, AttributeValue> group(String id) {
    return Map.of("group_id", AttributeValue.fromS(id));
  }

  private static Map<String, String> text(Map<String, AttributeValue> item) {
    Map<String, String> text = new TreeMap<>();
    item.forEach((name, value) -> text.put(name, value.s()));
    return text;
  }
}
