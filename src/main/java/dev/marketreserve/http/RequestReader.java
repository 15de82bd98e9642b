package dev.marketreserve.http;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.http.Response.Refused;
import dev.marketreserve.reservation.IdempotencyKey;
import dev.marketreserve.reservation.ReserveRequest;
import dev.marketreserve.reservation.ResourceId;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@link ReserveRequest} from a REST API proxy event.
 *
 * <p>Headers, path parameters and body can each be null, in events of API Gateway as in those of
 * {@code sam local invoke}. Nothing is trimmed or percent-decoded.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format">the
 *     input format of a Lambda proxy integration</a>
 */
final class RequestReader {

  static final String DOMAIN_ID = "X-Domain-Id";
  static final String IDEMPOTENCY_KEY = "Idempotency-Key";
  static final String PROJECT_ID = "project_id";
  static final String INSTANCE_ID = "instance_id";
  static final String GROUP_ID = "group_id";

  /** The largest body, in bytes of UTF-8. */
  static final int MAX_BODY_BYTES = 4096;

  private static final int MAX_BASE64_LENGTH = (MAX_BODY_BYTES + 2) / 3 * 4;

  /** The size of the body bounds nesting and numbers too, so Jackson's own limits are lifted. */
  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_BODY_BYTES)
                          .maxNumberLength(MAX_BODY_BYTES)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private RequestReader() {}

  /**
   * The request that {@code event} makes.
   *
   * @throws BadRequestException where the event breaks the contract. It names the first rule
   *     broken, in the order path, headers, body
   */
  static ReserveRequest read(APIGatewayProxyRequestEvent event) throws BadRequestException {
    ResourceId projectId = id(PROJECT_ID, pathParameter(event, PROJECT_ID));
    ResourceId instanceId = id(INSTANCE_ID, pathParameter(event, INSTANCE_ID));
    ResourceId domainId = id(DOMAIN_ID, header(event, DOMAIN_ID));
    IdempotencyKey idempotencyKey = idempotencyKey(header(event, IDEMPOTENCY_KEY));
    ResourceId groupId = groupId(event);
    return new ReserveRequest(domainId, projectId, instanceId, groupId, idempotencyKey);
  }

  static @Nullable String pathParameter(APIGatewayProxyRequestEvent event, String name) {
    Map<String, String> parameters = event.getPathParameters();
    return parameters == null ? null : parameters.get(name);
  }

  /** Every value of a header in {@code event}, whatever the case of its name. */
  static List<String> headerValues(APIGatewayProxyRequestEvent event, String name) {
    List<String> values = new ArrayList<>();
    if (event.getMultiValueHeaders() != null) {
      event
          .getMultiValueHeaders()
          .forEach(
              (key, all) -> {
                if (name.equalsIgnoreCase(key) && all != null) {
                  all.stream().filter(value -> value != null).forEach(values::add);
                }
              });
    }
    if (event.getHeaders() != null) {
      // The gateway repeats the last of the values above here. A different value is a further one.
      List<String> multiple = List.copyOf(values);
      event
          .getHeaders()
          .forEach(
              (key, value) -> {
                if (name.equalsIgnoreCase(key) && value != null && !multiple.contains(value)) {
                  values.add(value);
                }
              });
    }
    return values;
  }

  private static @Nullable String header(APIGatewayProxyRequestEvent event, String name)
      throws BadRequestException {
    List<String> values = headerValues(event, name);
    if (values.size() > 1) {
      throw refuse(name, ErrorCode.INVALID_PARAMETER);
    }
    return values.isEmpty() ? null : values.getFirst();
  }

  private static ResourceId id(String name, @Nullable String value) throws BadRequestException {
    if (value == null || value.isBlank()) {
      throw refuse(name, ErrorCode.MISSING_PARAMETER);
    }
    if (value.length() > ResourceId.MAX_LENGTH) {
      throw refuse(name, ErrorCode.PARAMETER_TOO_LONG);
    }
    return ResourceId.parse(value).orElseThrow(() -> refuse(name, ErrorCode.INVALID_PARAMETER));
  }

  private static @Nullable IdempotencyKey idempotencyKey(@Nullable String value)
      throws BadRequestException {
    if (value == null) {
      return null;
    }
    if (value.length() > IdempotencyKey.MAX_LENGTH) {
      throw refuse(IDEMPOTENCY_KEY, ErrorCode.PARAMETER_TOO_LONG);
    }
    return IdempotencyKey.parse(value)
        .orElseThrow(() -> refuse(IDEMPOTENCY_KEY, ErrorCode.INVALID_PARAMETER));
  }

  private static ResourceId groupId(APIGatewayProxyRequestEvent event) throws BadRequestException {
    JsonNode groupId = object(body(event)).get(GROUP_ID);
    if (groupId == null || groupId.isNull()) {
      throw refuse(GROUP_ID, ErrorCode.MISSING_PARAMETER);
    }
    if (!groupId.isTextual()) {
      throw refuse(GROUP_ID, ErrorCode.INVALID_PARAMETER);
    }
    return id(GROUP_ID, groupId.textValue());
  }

  private static String body(APIGatewayProxyRequestEvent event) throws BadRequestException {
    String body = event.getBody();
    if (body != null && Boolean.TRUE.equals(event.getIsBase64Encoded())) {
      body = decoded(body);
    }
    if (body == null || body.isBlank()) {
      throw refuse("body", ErrorCode.MISSING_PARAMETER);
    }
    if (body.length() > MAX_BODY_BYTES
        || body.getBytes(StandardCharsets.UTF_8).length > MAX_BODY_BYTES) {
      throw refuse("body", ErrorCode.PARAMETER_TOO_LONG);
    }
    return body;
  }

  private static String decoded(String base64) throws BadRequestException {
    if (base64.length() > MAX_BASE64_LENGTH) {
      throw refuse("body", ErrorCode.PARAMETER_TOO_LONG);
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(base64);
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (IllegalArgumentException | CharacterCodingException e) {
      throw malformedBody(e);
    }
  }

  private static JsonNode object(String body) throws BadRequestException {
    JsonNode node;
    try {
      node = JSON.readTree(body);
    } catch (JsonProcessingException e) {
      throw malformedBody(e);
    }
    if (!node.isObject()) {
      throw new BadRequestException(Refused.with(ErrorCode.MALFORMED_BODY));
    }
    return node;
  }

  private static BadRequestException malformedBody(Exception cause) {
    BadRequestException refusal = new BadRequestException(Refused.with(ErrorCode.MALFORMED_BODY));
    refusal.initCause(cause);
    return refusal;
  }

  private static BadRequestException refuse(String parameter, ErrorCode error) {
    return new BadRequestException(Refused.naming(parameter, error));
  }
}
