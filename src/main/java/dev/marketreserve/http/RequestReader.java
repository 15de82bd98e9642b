package dev.marketreserve.http;

import com.amazonaws.services.lambda.runtime.events.APIGatewayProxyRequestEvent;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.marketreserve.http.Answer.Refused;
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
 * <p>The event is taken as API Gateway sends it and as {@code sam local invoke} may: headers, path
 * parameters and body can each be null. Nothing is trimmed or percent-decoded.
 *
 * @see <a
 *     href="https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format">the
 *     input format of a Lambda proxy integration</a>
 */
public final class RequestReader {

  static final String DOMAIN_ID = "X-Domain-Id";
  static final String IDEMPOTENCY_KEY = "Idempotency-Key";
  static final String PROJECT_ID = "project_id";
  static final String INSTANCE_ID = "instance_id";
  static final String GROUP_ID = "group_id";

  /** The largest body, in bytes of UTF-8. */
  public static final int MAX_BODY_BYTES = 4096;

  /** The longest idempotency key, in characters. */
  public static final int MAX_IDEMPOTENCY_KEY_LENGTH = 255;

  private static final int MAX_BASE64_LENGTH = (MAX_BODY_BYTES + 2) / 3 * 4;

  /** Jackson's own limits give way to the size of the body, which bounds them all. */
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
   * @throws BadRequestException where it breaks the contract, with the first rule broken in the
   *     order path, headers, body
   */
  public static ReserveRequest read(APIGatewayProxyRequestEvent event) throws BadRequestException {
    ResourceId projectId = id(PROJECT_ID, pathParameter(event, PROJECT_ID));
    ResourceId instanceId = id(INSTANCE_ID, pathParameter(event, INSTANCE_ID));
    ResourceId domainId = id(DOMAIN_ID, header(event, DOMAIN_ID));
    String idempotencyKey = idempotencyKey(header(event, IDEMPOTENCY_KEY));
    ResourceId groupId = groupId(event);
    return new ReserveRequest(domainId, projectId, instanceId, groupId, idempotencyKey);
  }

  static @Nullable String pathParameter(APIGatewayProxyRequestEvent event, String name) {
    Map<String, String> parameters = event.getPathParameters();
    return parameters == null ? null : parameters.get(name);
  }

  /** Every value that {@code event} has for a header, whatever the case of its name. */
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
      // The gateway repeats here the last of the values above. One that differs is one more.
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

  private static @Nullable String idempotencyKey(@Nullable String value)
      throws BadRequestException {
    if (value == null) {
      return null;
    }
    if (value.length() > MAX_IDEMPOTENCY_KEY_LENGTH) {
      throw refuse(IDEMPOTENCY_KEY, ErrorCode.PARAMETER_TOO_LONG);
    }
    if (value.isEmpty() || !value.chars().allMatch(c -> c > ' ' && c <= '~')) {
      throw refuse(IDEMPOTENCY_KEY, ErrorCode.INVALID_PARAMETER);
    }
    return value;
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
