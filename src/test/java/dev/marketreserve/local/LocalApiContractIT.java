package dev.marketreserve.local;

import dev.marketreserve.dynamodb.Tables;
import dev.marketreserve.dynamodb.Tenant;
import dev.marketreserve.http.ReceivedResponse;
import dev.marketreserve.http.ReserveContract;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;

class LocalApiContractIT extends ReserveContract {

  @AutoClose private static final HttpClient http = HttpClient.newHttpClient();
  @AutoClose private static LocalApi api;

  @BeforeAll
  static void start() throws IOException {
    api = LocalApi.start(0, "127.0.0.1", 0, List.of());
  }

  @Override
  protected Tables tables() {
    return api.tables();
  }

  @Override
  protected ReceivedResponse send(Tenant tenant, @Nullable String idempotencyKey, String body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(LocalApi.reserveUrl(api.url(), tenant)))
            .header("X-Domain-Id", tenant.domainId())
            .POST(BodyPublishers.ofString(body));
    if (idempotencyKey != null) {
      request.header("Idempotency-Key", idempotencyKey);
    }
    try {
      return ReceivedResponse.of(
          http.send(request.build(), BodyHandlers.ofString()), Duration.ZERO);
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
