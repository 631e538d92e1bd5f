/**
 * The topics of the system and how each is to be made. Whoever finds them missing at its start creates them, so that
 * no order of starting the services matters; a topic that exists is left as its owner made it.
 *
 * | topic | partitions | kept | what |
 * |---|---|---|---|
 * | `order-events` | 3 | 7 days | orders placed |
 * | `inventory-events` | 3 | 7 days | what became of them |
 * | `order-events.dlq`, `inventory-events.dlq` | 3 | 30 days | records of those that a group could not handle, see dead-letter.ts |
 */
import { DEAD_LETTER_MAX_BYTES, deadLetterTopic } from "./dead-letter.ts";

/** Orders placed, written by the producer, keyed by `order_id`. */
export const ORDER_EVENTS = "order-events";

/** What became of each order, written by the inventory consumer, keyed by `order_id`. */
export const INVENTORY_EVENTS = "inventory-events";

/** The topics that hold events; the others of the contract are about these. */
export const EVENT_TOPICS: readonly string[] = Object.freeze([ORDER_EVENTS, INVENTORY_EVENTS]);

const DAY_MS = 24 * 60 * 60 * 1000;

export interface TopicSettings {
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number;
  /** How long Kafka keeps a record, in milliseconds (`retention.ms`). */
  readonly retentionMs: number;
  /** Further settings of the topic, by Kafka's names. */
  readonly config?: Readonly<Record<string, string>>;
}

const events = EVENT_TOPICS.map((topic) =>
  Object.freeze({ topic, partitions: 3, replication: 1, retentionMs: 7 * DAY_MS }),
);

// Kept longer than what they point at: somebody has to look at them first.
const deadLetters = EVENT_TOPICS.map((topic) =>
  Object.freeze({
    topic: deadLetterTopic(topic),
    partitions: 3,
    replication: 1,
    retentionMs: 30 * DAY_MS,
    config: Object.freeze({ "max.message.bytes": String(DEAD_LETTER_MAX_BYTES) }),
  }),
);

/** Every topic of the contract, in the order in which data flows through them. */
export const TOPICS: readonly TopicSettings[] = Object.freeze([...events, ...deadLetters]);

/** One entry for an admin client's `createTopics`. */
export interface NewTopic {
  topic: string;
  partitions: number;
  replicationFactor: number;
  config: Record<string, string>;
}

export interface TopicsToCreateOptions {
  /** Names of the topics that exist already; they are left out. */
  existing?: Iterable<string>;
  /** Copies wished for of each partition; without it, what the contract says. */
  replication?: number;
  /** How many brokers the cluster has: a partition can't have more copies than that. */
  brokers?: number;
}

/** The topics that still have to be made, ready for `createTopics`. */
export function topicsToCreate({
  existing = [],
  replication,
  brokers = Number.POSITIVE_INFINITY,
}: TopicsToCreateOptions = {}): NewTopic[] {
  const present = new Set(existing);
  return TOPICS.filter(({ topic }) => !present.has(topic)).map((settings) => {
    const replicationFactor = Math.max(1, Math.min(replication ?? settings.replication, brokers));
    const config: Record<string, string> = {
      "retention.ms": String(settings.retentionMs),
      ...settings.config,
    };
    // With three copies one broker may be down, and what `acks=all` acknowledged is still on two.
    if (replicationFactor >= 3) config["min.insync.replicas"] = "2";
    return { topic: settings.topic, partitions: settings.partitions, replicationFactor, config };
  });
}
