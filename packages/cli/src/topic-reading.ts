/**
 * Reads topics from their first record to a given end, as a consumer of committed records sees them, without a group's leaving a trace. A partition
 * is at its end by what the client has fetched, not by the last record it handed out: markers of transactions and aborted records have offsets
 * and are never handed out.
 */
import { type Batch, type ConsumerRecord, createConsumer, type TopicPartition } from "@campus/kafka";
import type { KafkaAccess } from "./connection.ts";

/** How often the client says how far it has fetched. */
const STATISTICS_MS = 100;

/** A transaction left open hides all after it until its timeout (30 s here by default, and Kafka looks every 10 s). */
const STALL_TIMEOUT_MS = 60_000;

/** A partition, from its first record to (not including) `end`. */
export interface Stretch extends TopicPartition {
  readonly start: number;
  readonly end: number;
}

export interface ReadingOptions {
  readonly kafka: KafkaAccess;
  readonly stretches: readonly Stretch[];
  /** Told of each batch and of the stretch's end: records at or beyond that may be in it, and are not meant. False ends the reading. */
  readonly onBatch: (batch: Batch, end: number) => unknown;
  /** Told once when nothing has come for some seconds. */
  readonly onWaiting?: (left: readonly Stretch[]) => void;
  readonly stallTimeoutMs?: number;
  /** Ends the reading, as if it had reached its ends. */
  readonly interrupted?: AbortSignal;
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/**
 * Reads all stretches. Resolves to those that could not be read to their end, from where on: something holds back what lies there.
 * @throws KafkaError
 */
export async function readStretches({
  kafka,
  stretches,
  onBatch,
  onWaiting,
  stallTimeoutMs = STALL_TIMEOUT_MS,
  interrupted,
}: ReadingOptions): Promise<Stretch[]> {
  const left = new Map(stretches.filter(({ start, end }) => start < end).map((of) => [keyOf(of), of]));
  if (left.size === 0 || interrupted?.aborted) return [];
  const ends = new Map([...left].map(([key, { end }]) => [key, end]));
  const reached = new Map([...left].map(([key, { start }]) => [key, start]));
  let progressAt = performance.now();
  let isWaitingSaid = false;

  /** How often in a row the client has said that all of a partition was fetched and handed out. */
  const said = new Map<string, number>();

  /** What the client has fetched, and how many records of that still lie in its queues. */
  function onStatistics(statistics: Record<string, unknown>): void {
    for (const [key, stretch] of left) {
      const partition = (statistics as Statistics).topics?.[stretch.topic]?.partitions?.[stretch.partition];
      if (partition === undefined) continue;
      const { next_offset: next, fetchq_cnt: queued } = partition;
      if (next > reached.get(key)!) {
        reached.set(key, next);
        progressAt = performance.now();
      }
      const isDone = next >= stretch.end && queued === 0;
      said.set(key, isDone ? (said.get(key) ?? 0) + 1 : 0);
      // Said twice: what was in hand at the first time was handed out by the second.
      if (said.get(key)! >= 2) left.delete(key);
    }
    stopIfDone();
  }

  function stopIfDone(): void {
    const silentMs = performance.now() - progressAt;
    if (left.size === 0 || silentMs > stallTimeoutMs) void consumer.close();
    else if (silentMs > 5_000 && !isWaitingSaid) {
      isWaitingSaid = true;
      onWaiting?.([...left.values()]);
    }
  }

  const consumer = createConsumer({
    ...kafka,
    clientId: "orders",
    groupId: `orders-${crypto.randomUUID()}`,
    partitions: [...left.values()].map(({ topic, partition, start }) => ({
      topic,
      partition,
      offset: start,
    })),
    autoOffsetReset: "earliest",
    onLog: () => undefined,
    onError: () => undefined,
    onStatistics,
    statisticsIntervalMs: STATISTICS_MS,
  });
  const end = () => void consumer.close();
  interrupted?.addEventListener("abort", end, { once: true });
  try {
    for await (const batch of consumer) {
      progressAt = performance.now();
      const key = keyOf(batch);
      const end = ends.get(key)!;
      if (onBatch(batch, end) === false) return [];
      reached.set(key, Math.max(reached.get(key)!, batch.lastOffset + 1));
      if (batch.lastOffset + 1 >= end) left.delete(key);
      if (left.size === 0) break;
    }
  } finally {
    interrupted?.removeEventListener("abort", end);
    await consumer.close();
  }
  return [...left].map(([key, stretch]) => ({ ...stretch, start: reached.get(key)! }));
}

/** The same record by record, without what lies beyond the ends. False from `onRecord` ends the reading. */
export function readRecords({
  onRecord,
  ...options
}: Omit<ReadingOptions, "onBatch"> & { readonly onRecord: (record: ConsumerRecord) => unknown }): Promise<
  Stretch[]
> {
  return readStretches({
    ...options,
    onBatch(batch, end) {
      for (const record of batch) {
        if (record.offset >= end) break;
        if (onRecord(record) === false) return false;
      }
    },
  });
}

/** The first record of each stretch, by place; none where there is none before its end. One stretch a partition. */
export async function readFirstRecords(
  options: Omit<ReadingOptions, "onBatch">,
): Promise<ReadonlyMap<string, ConsumerRecord>> {
  const open = new Set(options.stretches.filter(({ start, end }) => start < end).map(keyOf));
  const records = new Map<string, ConsumerRecord>();
  await readStretches({
    ...options,
    onBatch(batch, end) {
      const record = batch.at(0);
      if (open.delete(keyOf(batch)) && record.offset < end) records.set(keyOf(batch), record);
      return open.size > 0;
    },
  });
  return records;
}

/** The part of librdkafka's STATISTICS.md that is read here. */
interface Statistics {
  readonly topics?: Readonly<
    Record<
      string,
      {
        readonly partitions?: Readonly<
          Record<number, { readonly next_offset: number; readonly fetchq_cnt: number }>
        >;
      }
    >
  >;
}
