/**
 * The settings of the client scenarios, in one place, since they must be the same for ours and for every peer. Peers on librdkafka get the
 * very properties that our client sets for these options, taken from the client itself.
 */
import { consumerProperties, producerProperties } from "../../packages/kafka/src/config.ts";

export const partitions = 3;

export const clientSettings = {
  lingerMs: 5,
  batchBytes: 1_000_000,
  queueRecords: 100_000,
  queueBytes: 256 * 1024 * 1024,
} as const;

export interface ProducerChoice {
  readonly brokers: string;
  readonly lingerMs: number;
  readonly batchBytes: number;
  readonly queueRecords: number;
  readonly queueBytes: number;
}

export interface ConsumerChoice {
  readonly brokers: string;
  readonly groupId: string;
  readonly topic: string;
  readonly autoOffsetReset: "earliest" | "latest";
}

/** About our client's own event loop and its own bookkeeping, and nothing that decides how fast a client is. */
const ownBusiness = new Set(["log.queue", "client.id", "statistics.interval.ms"]);

function plain(properties: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name, value]) => value !== undefined && !ownBusiness.has(name))
      .map(([name, value]) => [name, String(value)]),
  );
}

/** What our producer tells librdkafka. */
export function librdkafkaProducer(choice: ProducerChoice): Record<string, string> {
  return {
    ...plain(
      producerProperties({
        brokers: choice.brokers,
        acks: "all",
        idempotent: true,
        compression: "lz4",
        lingerMs: choice.lingerMs,
        maxQueuedRecords: choice.queueRecords,
        maxQueuedBytes: choice.queueBytes,
        librdkafka: { "batch.size": choice.batchBytes },
      }),
    ),
    // Ours counts bytes itself.
    "queue.buffering.max.kbytes": String(choice.queueBytes / 1024),
  };
}

/** What our consumer tells librdkafka. */
export function librdkafkaConsumer({ brokers, groupId, topic, autoOffsetReset }: ConsumerChoice) {
  return plain(consumerProperties({ brokers, groupId, topics: [topic], autoOffsetReset }));
}

/** One `name=value` a line. */
export function librdkafkaText(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}`)
    .join("\n");
}
