import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/** The analytics' counts as a Kafka Streams topology: a store in memory with its changelog, exactly once. */
public final class Counts {
  private static final String STORE = "counts";

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Event(
      @JsonProperty("event_id") String eventId,
      @JsonProperty("event_type") String eventType,
      @JsonProperty("order_id") String orderId,
      @JsonProperty("timestamp") String timestamp,
      @JsonProperty("success") boolean success,
      @JsonProperty("payload") JsonNode payload) {}

  static final class Counter extends ContextualProcessor<byte[], byte[], Void, Void> {
    private final ObjectReader reader = new ObjectMapper().readerFor(Event.class);
    private KeyValueStore<String, Long> counts;

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      super.init(context);
      counts = context.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      try {
        Event event = reader.readValue(record.value());
        String kind = kindOf(event.eventType());
        Long before = counts.get(kind);
        counts.put(kind, before == null ? 1L : before + 1L);
      } catch (IOException error) {
        throw new IllegalArgumentException("a record is no event", error);
      }
    }

    private static String kindOf(String eventType) throws IOException {
      switch (eventType) {
        case "OrderPlaced":
          return "orders";
        case "InventoryReserved":
          return "reserved";
        case "InventoryFailed":
          return "failed";
        default:
          throw new IOException(eventType + " is no event");
      }
    }
  }

  public static void main(String[] arguments) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(
        // Cached: the changelog gets what a commit finds, not every step.
        Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(STORE), Serdes.String(), Serdes.Long()).withCachingEnabled());
    builder.stream(Program.inputs(), Consumed.with(Serdes.ByteArray(), Serdes.ByteArray())).process(Counter::new, STORE);
    Program.run(builder);
  }
}
