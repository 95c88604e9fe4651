import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.Executors;

/**
 * Passes each request to the platform and streams its answer: the JDK's own server, as it comes.
 * Usage: java Relay.java FILE, which holds "PORT UPSTREAM-PORT".
 */
public final class Relay {
    private static final Set<String> OF_ONE_CONNECTION =
            Set.of("connection", "keep-alive", "transfer-encoding", "upgrade", "expect", "content-length");
    private static final int PIECE = 1 << 16;
    private static final int ANY_LENGTH = 0;
    private static final int NO_BODY = -1;

    private final HttpClient client;
    private final String upstream;

    private Relay(int port) {
        client = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
        upstream = "http://127.0.0.1:" + port;
    }

    public static void main(String[] arguments) throws IOException {
        System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host");
        String[] ports = Files.readString(Path.of(arguments[0])).split(" ");
        Relay relay = new Relay(Integer.parseInt(ports[1]));
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(ports[0])), 0);
        server.createContext("/", relay::answer);
        server.setExecutor(Executors.newCachedThreadPool());
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        HttpResponse<InputStream> answer;
        try {
            answer = client.send(onward(exchange), BodyHandlers.ofInputStream());
        } catch (IOException | InterruptedException | IllegalArgumentException problem) {
            exchange.sendResponseHeaders(502, NO_BODY);
            exchange.close();
            return;
        }
        handOver(exchange, answer); // when this breaks, the server breaks the connection: nothing looks whole
        exchange.close();
    }

    private HttpRequest onward(HttpExchange exchange) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(upstream + exchange.getRequestURI()))
                .method(exchange.getRequestMethod(), body(exchange));
        exchange.getRequestHeaders().forEach((name, values) -> {
            if (!OF_ONE_CONNECTION.contains(name.toLowerCase())) {
                values.forEach(value -> request.header(name, value));
            }
        });
        return request.build();
    }

    private static BodyPublisher body(HttpExchange exchange) {
        Headers headers = exchange.getRequestHeaders();
        String length = headers.getFirst("Content-Length");
        BodyPublisher pieces = BodyPublishers.ofInputStream(exchange::getRequestBody);
        if (headers.containsKey("Transfer-Encoding")) {
            return pieces;
        }
        boolean isEmpty = length == null || Long.parseLong(length) == 0;
        return isEmpty ? BodyPublishers.noBody() : BodyPublishers.fromPublisher(pieces, Long.parseLong(length));
    }

    private static void handOver(HttpExchange exchange, HttpResponse<InputStream> answer)
            throws IOException {
        answer.headers().map().forEach((name, values) -> {
            if (!OF_ONE_CONNECTION.contains(name)) {
                values.forEach(value -> exchange.getResponseHeaders().add(name, value));
            }
        });
        boolean isHead = exchange.getRequestMethod().equals("HEAD");
        if (isHead) { // the only case in which the server takes the header from us
            answer.headers().firstValue("content-length")
                    .ifPresent(value -> exchange.getResponseHeaders().set("Content-Length", value));
        }
        long length = answer.headers().firstValueAsLong("content-length").orElse(ANY_LENGTH);
        boolean isBare = isHead || answer.statusCode() == 204;
        boolean isEmpty = answer.headers().firstValue("content-length").isPresent() && length == 0;
        try (var pieces = answer.body()) { // who leaves a stream leaves it there too
            exchange.sendResponseHeaders(answer.statusCode(), isBare || isEmpty ? NO_BODY : length);
            if (isBare || isEmpty) {
                return;
            }
            var out = exchange.getResponseBody();
            byte[] piece = new byte[PIECE];
            for (int count = pieces.read(piece); count >= 0; count = pieces.read(piece)) {
                out.write(piece, 0, count);
                out.flush();
            }
            out.close();
        }
    }
}
