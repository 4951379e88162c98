import io.cloudevents.CloudEvent;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.message.MessageWriter;
import io.cloudevents.http.HttpMessageFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;

public class Producer {
  public static void main(String[] args) throws Exception {
    publish(args[0], "structured");
    publish(args[0], "binary");
  }

  private static void publish(String url, String form) throws Exception {
    HttpURLConnection connection = (HttpURLConnection) new URL(url).openConnection();
    connection.setRequestMethod("POST");
    connection.setDoOutput(true);
    connection.setRequestProperty("X-VX11-Token", System.getenv("VX11_TOKEN"));
    MessageWriter<?, ?> writer =
        HttpMessageFactory.createWriter(connection::setRequestProperty, body -> send(connection, body));
    if (form.equals("binary")) writer.writeBinary(event(form));
    else writer.writeStructured(event(form), "application/cloudevents+json");
    System.out.println(form + " " + connection.getResponseCode());
  }

  private static void send(HttpURLConnection connection, byte[] body) {
    try {
      connection.getOutputStream().write(body);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static CloudEvent event(String form) {
    String data = "{\"big\":1524831183200260097,\"text\":\"ü\"}";
    return CloudEventBuilder.v1()
        .withId("java-" + form)
        .withSource(URI.create("/sdk/java"))
        .withType("sdk.java." + form)
        .withSubject("Zürich 100% \"a\"")
        .withExtension("tenant", "blau ü")
        .withData("application/json", data.getBytes(StandardCharsets.UTF_8))
        .build();
  }
}
