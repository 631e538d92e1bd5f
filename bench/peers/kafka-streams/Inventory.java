import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Properties;
import java.util.UUID;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;

/** The inventory's decisions as a Kafka Streams topology, exactly once. Started by the harness; works until it is told to end. */
public final class Inventory {
  record Payload(
      @JsonProperty("user_id") String userId, @JsonProperty("item") String item, @JsonProperty("quantity") int quantity) {}

  record Order(
      @JsonProperty("event_id") String eventId,
      @JsonProperty("event_type") String eventType,
      @JsonProperty("order_id") String orderId,
      @JsonProperty("timestamp") String timestamp,
      @JsonProperty("payload") Payload payload) {}

  record Decision(
      @JsonProperty("event_id") String eventId,
      @JsonProperty("event_type") String eventType,
      @JsonProperty("order_id") String orderId,
      @JsonProperty("timestamp") String timestamp,
      @JsonProperty("success") boolean success) {}

  /** One a task, so it may keep what is dear to make. */
  static final class Decider extends ContextualFixedKeyProcessor<byte[], byte[], byte[]> {
    /** The lower 90 % of 32 bits, as in packages/inventory/src/reservation.ts. */
    private static final long RESERVED_BELOW = 3_865_470_566L;

    private static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final ObjectReader reader = MAPPER.readerFor(Order.class);
    private final ObjectWriter writer = MAPPER.writerFor(Decision.class);
    private final XXHash32 hash = XXHashFactory.fastestInstance().hash32();
    private long millis;
    private String now;

    @Override
    public void process(FixedKeyRecord<byte[], byte[]> record) {
      try {
        Order order = reader.readValue(record.value());
        if (!"OrderPlaced".equals(order.eventType())) throw new IOException(order.eventType() + " is no order");
        context().forward(record.withValue(writer.writeValueAsBytes(decide(order.orderId()))));
      } catch (IOException error) {
        throw new IllegalArgumentException("a record is no order", error);
      }
    }

    private Decision decide(String orderId) {
      byte[] bytes = orderId.getBytes(StandardCharsets.UTF_8);
      boolean reserved = Integer.toUnsignedLong(hash.hash(bytes, 0, bytes.length, 0)) < RESERVED_BELOW;
      String type = reserved ? "InventoryReserved" : "InventoryFailed";
      return new Decision(UUID.randomUUID().toString(), type, orderId, now(), reserved);
    }

    private String now() {
      long current = System.currentTimeMillis();
      if (current != millis) {
        millis = current;
        now = TIME.format(Instant.ofEpochMilli(current));
      }
      return now;
    }
  }

  private static String text(String name) {
    String value = System.getenv(name);
    if (value == null) throw new IllegalStateException(name + " is not set: this program is started by bench/main.ts");
    return value;
  }

  private static Properties settings() {
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, text("BENCH_GROUP"));
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, text("BENCH_BROKERS"));
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, text("BENCH_THREADS"));
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, text("BENCH_COMMIT_INTERVAL_MS"));
    properties.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 10_000);
    properties.put(StreamsConfig.STATE_DIR_CONFIG, text("BENCH_STATE_FOLDER"));
    properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000);
    properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4_000_000);
    properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG), 100);
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), text("BENCH_LINGER_MS"));
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), text("BENCH_BATCH_BYTES"));
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), text("BENCH_QUEUE_BYTES"));
    return properties;
  }

  public static void main(String[] arguments) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(text("BENCH_TOPIC"), Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
        .processValues(Decider::new)
        .to(text("BENCH_OUTPUT_TOPIC"), Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
    KafkaStreams streams = new KafkaStreams(builder.build(), settings());
    streams.setUncaughtExceptionHandler(
        error -> {
          System.err.println("error: " + error);
          Runtime.getRuntime().halt(1);
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
    streams.start();
  }
}
