package dev.marketreserve.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.marketreserve.http.Response.Refused;
import dev.marketreserve.reservation.IdempotencyKey;
import dev.marketreserve.reservation.ReserveRequest;
import dev.marketreserve.reservation.ResourceId;
import dev.marketreserve.reservation.Tenant;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@link ReserveRequest} from a {@link GatewayRequest} and checks the contract's rules for
 * it.
 */
final class RequestReader {

  static final String GROUP_ID = "group_id";

  /** The largest body, in bytes of UTF-8. */
  static final int MAX_BODY_BYTES = 4096;

  /** Windows PowerShell starts files with it. RFC 8259, section 8.1, lets a parser ignore it. */
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private static final int MAX_BASE64_LENGTH = (MAX_BODY_BYTES + 2) / 3 * 4;

  /** The body's size already limits nesting and numbers, so Jackson's own limits are lifted. */
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
   * Reads the tenant's request.
   *
   * @throws BadRequestException if the request breaks the contract. It names the first broken rule,
   *     in the order path, headers, body
   */
  static ReserveRequest read(GatewayRequest request) throws BadRequestException {
    ResourceId projectId = id(GatewayRequest.PROJECT_ID, request.projectId());
    ResourceId instanceId = id(GatewayRequest.INSTANCE_ID, request.instanceId());
    ResourceId domainId =
        id(GatewayRequest.DOMAIN_ID, atMostOne(GatewayRequest.DOMAIN_ID, request.domainIds()));
    IdempotencyKey idempotencyKey = idempotencyKey(request);
    return new ReserveRequest(
        new Tenant(domainId, projectId, instanceId), groupId(request), idempotencyKey);
  }

  private static @Nullable String atMostOne(String name, List<String> values)
      throws BadRequestException {
    if (values.size() > 1) {
      throw refuse(name, ErrorCode.INVALID_PARAMETER);
    }
    return values.isEmpty() ? null : values.getFirst();
  }

  private static ResourceId id(String name, @Nullable String value) throws BadRequestException {
    if (value == null || value.isBlank()) {
      throw refuse(name, ErrorCode.MISSING_PARAMETER);
    }
    return parse(name, value, ResourceId.MAX_LENGTH, ResourceId::parse);
  }

  private static @Nullable IdempotencyKey idempotencyKey(GatewayRequest request)
      throws BadRequestException {
    String name = GatewayRequest.IDEMPOTENCY_KEY;
    String value = atMostOne(name, request.idempotencyKeys());
    return value == null
        ? null
        : parse(name, value, IdempotencyKey.MAX_LENGTH, IdempotencyKey::parse);
  }

  private static <T> T parse(
      String name, String value, int maxLength, Function<String, Optional<T>> parser)
      throws BadRequestException {
    if (value.length() > maxLength) {
      throw refuse(name, ErrorCode.PARAMETER_TOO_LONG);
    }
    return parser.apply(value).orElseThrow(() -> refuse(name, ErrorCode.INVALID_PARAMETER));
  }

  private static ResourceId groupId(GatewayRequest request) throws BadRequestException {
    JsonNode groupId = object(body(request)).get(GROUP_ID);
    if (groupId == null || groupId.isNull()) {
      throw refuse(GROUP_ID, ErrorCode.MISSING_PARAMETER);
    }
    if (!groupId.isTextual()) {
      throw refuse(GROUP_ID, ErrorCode.INVALID_PARAMETER);
    }
    return id(GROUP_ID, groupId.textValue());
  }

  private static String body(GatewayRequest request) throws BadRequestException {
    String body = request.body();
    if (body != null && request.base64()) {
      body = decoded(body);
    }
    if (body != null && body.startsWith(BYTE_ORDER_MARK)) {
      body = body.substring(BYTE_ORDER_MARK.length());
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
    } catch (IllegalArgumentException | CharacterCodingException _) {
      throw new BadRequestException(Refused.with(ErrorCode.MALFORMED_BODY));
    }
  }

  private static ObjectNode object(String body) throws BadRequestException {
    try {
      if (JSON.readTree(body) instanceof ObjectNode object) {
        return object;
      }
    } catch (JsonProcessingException _) {
      // refused below
    }
    throw new BadRequestException(Refused.with(ErrorCode.MALFORMED_BODY));
  }

  private static BadRequestException refuse(String parameter, ErrorCode error) {
    return new BadRequestException(Refused.naming(parameter, error));
  }
}
