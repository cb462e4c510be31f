import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/** A service whose jar says how it behaves. */
public final class App {
    public static void main(String[] arguments) throws Exception {
        Properties how = new Properties();
        try (InputStream file = App.class.getResourceAsStream("/behaviour.properties")) {
            how.load(file);
        }
        boolean ready = Boolean.parseBoolean(how.getProperty("ready"));
        int diesAfter = Integer.parseInt(how.getProperty("dies_after"));
        String password = System.getenv().getOrDefault("DB_PASSWORD", "none");
        System.out.println("starting " + how.getProperty("version") + ", connecting with " + password);
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 8080), 0);
        server.createContext("/actuator/health/readiness", exchange ->
            answer(exchange, ready ? 200 : 503, "{\"status\":\"" + (ready ? "UP" : "OUT_OF_SERVICE") + "\"}"));
        server.createContext("/version", exchange -> answer(exchange, 200, how.getProperty("version")));
        server.start();
        if (diesAfter > 0) {
            Thread.sleep(diesAfter * 1000L);
            System.out.println("giving up");
            System.exit(3);
        }
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }
}
