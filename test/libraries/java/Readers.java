import com.launchdarkly.eventsource.ConnectStrategy;
import com.launchdarkly.eventsource.ErrorStrategy;
import com.launchdarkly.eventsource.MessageEvent;
import com.launchdarkly.eventsource.StreamEvent;
import java.net.URI;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.sse.EventSource;
import okhttp3.sse.EventSourceListener;
import okhttp3.sse.EventSources;

/**
 * Reads one stream with one library and prints each event as a line of JSON:
 * {"event","id","data"}. Ends at `goodbye`. Usage: Readers LIBRARY URL
 */
public final class Readers {
  private static final long RECONNECT_MS = 200;
  private static volatile String lastId;

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "okhttp-sse" -> readOkHttpSse(args[1]);
      case "okhttp-eventsource" -> readOkHttpEventSource(args[1]);
      default -> throw new IllegalArgumentException("unknown library " + args[0]);
    }
  }

  /** The library reads one connection; reconnecting is up to its user. */
  private static void readOkHttpSse(String url) throws Exception {
    OkHttpClient client = new OkHttpClient.Builder().readTimeout(0, TimeUnit.SECONDS).build();
    while (true) {
      Request.Builder request = new Request.Builder().url(url);
      if (lastId != null) request.header("Last-Event-ID", lastId);
      CountDownLatch ended = new CountDownLatch(1);
      EventSources.createFactory(client)
          .newEventSource(
              request.build(),
              new EventSourceListener() {
                @Override
                public void onEvent(EventSource source, String id, String type, String data) {
                  if (id != null) lastId = id;
                  report(type, id, data);
                }

                @Override
                public void onClosed(EventSource source) {
                  ended.countDown();
                }

                @Override
                public void onFailure(EventSource source, Throwable error, Response response) {
                  System.err.println(error);
                  ended.countDown();
                }
              });
      ended.await();
      Thread.sleep(RECONNECT_MS);
    }
  }

  private static void readOkHttpEventSource(String url) throws Exception {
    try (com.launchdarkly.eventsource.EventSource source =
        new com.launchdarkly.eventsource.EventSource.Builder(
                ConnectStrategy.http(URI.create(url)).readTimeout(0, TimeUnit.SECONDS))
            .errorStrategy(ErrorStrategy.alwaysContinue())
            .build()) {
      for (StreamEvent event : source.anyEvents()) {
        if (event instanceof MessageEvent message) {
          report(message.getEventName(), message.getLastEventId(), message.getData());
        }
      }
    }
  }

  private static void report(String event, String id, String data) {
    System.out.println(
        "{\"event\":" + quoted(event) + ",\"id\":" + quoted(id) + ",\"data\":" + quoted(data) + "}");
    System.out.flush();
    if ("goodbye".equals(event)) Runtime.getRuntime().halt(0);
  }

  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (char c : (text == null ? "" : text).toCharArray()) {
      if (c == '"' || c == '\\') json.append('\\').append(c);
      else if (c < ' ') json.append(String.format("\\u%04x", (int) c));
      else json.append(c);
    }
    return json.append('"').toString();
  }
}
