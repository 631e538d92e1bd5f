/** What the tests of this package stand on: events, batches that hold them, and a store that keeps what it is given. */
import {
  type DeadLetter,
  type Event,
  encodeEvent,
  INVENTORY_EVENTS,
  ORDER_EVENTS,
  type UnhandledRecord,
} from "@campus/events";
import type { TopicPartition } from "@campus/kafka";
import { createLog, type Logger } from "@campus/service";
import { readCommit, writeCheckpoint } from "./checkpoint.ts";
import type { CheckpointStore } from "./checkpoint-store.ts";
import { createCounts } from "./metrics.ts";
import { type EventBatch, keyOf } from "./processor.ts";

export const NOW = Date.UTC(2026, 0, 1, 12);

const identity = {
  event_id: "11111111-1111-4111-8111-111111111111",
  order_id: "22222222-2222-4222-8222-222222222222",
  timestamp: new Date(NOW).toISOString(),
};

export const placed = (timestampMs = NOW): Event => ({
  ...identity,
  event_type: "OrderPlaced",
  timestamp: new Date(timestampMs).toISOString(),
  payload: { user_id: "user123", item: "Burger", quantity: 2 },
});
export const reserved: Event = { ...identity, event_type: "InventoryReserved", success: true };
export const failed: Event = { ...identity, event_type: "InventoryFailed", success: false };

export const orders = (partition: number): TopicPartition => ({ topic: ORDER_EVENTS, partition });
export const outcomes = (partition: number): TopicPartition => ({ topic: INVENTORY_EVENTS, partition });

/** A batch from an offset on; text stands for itself, as a record nobody can read. */
export function batchOf(
  { topic, partition }: TopicPartition,
  firstOffset: number,
  values: readonly (Event | string)[],
): EventBatch {
  const records: UnhandledRecord[] = values.map((value, index) => ({
    topic,
    partition,
    offset: firstOffset + index,
    timestamp: NOW,
    key: null,
    value: Buffer.from(typeof value === "string" ? value : encodeEvent(value)),
    headers: [],
  }));
  return {
    topic,
    partition,
    firstOffset,
    lastOffset: firstOffset + values.length - 1,
    *[Symbol.iterator]() {
      yield* records;
    },
  };
}

/** What Kafka keeps of a group: an offset with its metadata, a partition, and dead letters. A reset by a tool leaves no metadata. */
export function createCommitted() {
  const committed = new Map<string, { offset: number; metadata: string | undefined }>();
  const letters: DeadLetter[] = [];
  const load: CheckpointStore["load"] = async (partitions) =>
    partitions.map((partition) => {
      const { offset, metadata } = committed.get(keyOf(partition)) ?? { offset: -1, metadata: undefined };
      const commit = readCommit(offset, metadata);
      const counts = commit.kind === "counts" ? commit.counts : createCounts();
      return { ...partition, offset, counts, stale: false };
    });
  const store: CheckpointStore = {
    load,
    latest: load,
    async save(save) {
      for (const { topic, partition, offset, counts } of save.checkpoints) {
        committed.set(keyOf({ topic, partition }), { offset, metadata: writeCheckpoint(offset, counts) });
      }
      letters.push(...save.letters);
    },
    async close() {},
  };
  return {
    store,
    letters,
    offsetOf: (partition: TopicPartition) => committed.get(keyOf(partition))?.offset ?? -1,
    reset: (partition: TopicPartition, offset: number) =>
      committed.set(keyOf(partition), { offset, metadata: undefined }),
  };
}

/** A logger, and the lines that went through it. */
export function recordingLog(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const log = createLog({ name: "test", write: (line) => lines.push(line.replace(/^\S+ /, "")) });
  return { log, lines };
}
