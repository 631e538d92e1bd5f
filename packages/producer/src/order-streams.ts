/** The event streams as the order tracker reads them: all partitions of both topics, from their latest events on. */
import { decodeEvent, INVENTORY_EVENTS, MalformedEventError, ORDER_EVENTS } from "@campus/events";
import { type ClientOptions, type ConsumerRecord, createAdmin, createConsumer } from "@campus/kafka";
import type { OnOrderEvent, OrderStreams } from "./order-tracker.ts";

export interface OrderStreamsOptions {
  client: ClientOptions;
  /** About how many orders to go back for at the beginning. */
  recentOrders: number;
}

/** How long Kafka may take to say where its topics end, in milliseconds. */
const TIMEOUT_MS = 3000;

/** Begins to read. It joins no group and commits nothing, so it needs no more than to read and describe the topics. */
export async function openOrderStreams(
  { client, recentOrders }: OrderStreamsOptions,
  onEvent: OnOrderEvent,
  onEnd: (error: unknown) => void,
): Promise<OrderStreams> {
  const partitions = await latestOffsets(client, recentOrders);
  const consumer = createConsumer({
    ...client,
    // Required by the client; nothing is ever committed under it.
    groupId: "campus-producer-order-states",
    partitions,
    autoOffsetReset: "latest",
  });
  const reading = consumer.run((batch) => {
    for (const record of batch) readRecord(record, onEvent);
  });
  void reading.catch(onEnd);
  return { close: () => consumer.close({ timeoutMs: 1000 }) };
}

async function latestOffsets(client: ClientOptions, recentOrders: number) {
  await using admin = createAdmin({ ...client, timeoutMs: TIMEOUT_MS });
  const topics = await admin.describeTopics([ORDER_EVENTS, INVENTORY_EVENTS]);
  const offsets = topics.map(async ({ topic, partitions }) => {
    const at = (at: "earliest" | "latest") =>
      admin.listOffsets(partitions.map(({ partition }) => ({ topic, partition, at })));
    const [first, end] = await Promise.all([at("earliest"), at("latest")]);
    const back = Math.ceil(recentOrders / partitions.length);
    return end.map(({ partition, offset }, index) => ({
      topic,
      partition,
      offset: Math.max(first[index]?.offset ?? 0, offset - back),
    }));
  });
  return (await Promise.all(offsets)).flat();
}

function readRecord({ topic, key, value, timestamp }: ConsumerRecord, onEvent: OnOrderEvent): void {
  // Of an order its key is enough.
  if (topic === ORDER_EVENTS) {
    if (key !== null) onEvent(key.toString("latin1"), "placed", timestamp);
    return;
  }
  try {
    const event = decodeEvent(value);
    if (event.event_type === "OrderPlaced") return;
    onEvent(event.order_id, event.success ? "reserved" : "failed", timestamp);
  } catch (error) {
    // Whose task it is to set such a record aside does so; here it only is no decision.
    if (!(error instanceof MalformedEventError)) throw error;
  }
}
