import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.UUID;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
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

  public static void main(String[] arguments) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.stream(Program.inputs(), Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
        .processValues(Decider::new)
        .to(Program.text("BENCH_OUTPUT_TOPIC"), Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
    Program.run(builder);
  }
}
