/**
 * The state topic as a table: it is read all the time, and of each key the newest committed value is kept. The table belongs to no group and
 * every instance has all of it.
 *
 * `catchUp` is what makes a restore whole. Readers of committed records get no further than the first transaction that is still open, and a
 * writer that was killed leaves one: what others have committed behind it is hidden until Kafka has aborted it. The end that readers are shown
 * meanwhile, the last stable offset, is therefore no end to stop at. The high watermark at the call is: all that was committed by then lies below it.
 */
import type { Consumer, TopicPartitionOffset } from "@campus/kafka";
import { STATE_PARTITION, STATE_TOPIC } from "./state-topic.ts";

/** A value of the table, and where it lies. */
export interface StateEntry {
  readonly value: string;
  readonly offset: number;
}

export interface StateLog {
  /** The newest value of a key read so far. */
  get(key: string): StateEntry | undefined;
  /** Resolves when all that was committed at the call has been read. Rejects with KafkaError when the log's end can't be learned. */
  catchUp(): Promise<void>;
  /** Resolves when the log was read up to an offset, not including it. Rejects when the log is closed before. */
  readTo(offset: number): Promise<void>;
  /** Where readers of committed records are stopped now: at the end, or at the first transaction that is open. */
  stableOffset(): Promise<number>;
  close(): Promise<void>;
}

export interface StateLogOptions {
  /** Opens a reader of the state topic's partition from its beginning, committed records only. The log runs and closes it. */
  readonly openReader: (
    onEnd: (end: TopicPartitionOffset) => void,
  ) => Pick<Consumer, "run" | "offsets" | "close">;
  /** The end of the partition, open transactions included. */
  readonly highWatermark: () => Promise<number>;
  /** The partition can't be read any more. */
  readonly onFailure: (error: unknown) => void;
}

export function createStateLog({ openReader, highWatermark, onFailure }: StateLogOptions): StateLog {
  const table = new Map<string, StateEntry>();
  let next = 0;
  let waiting: { readonly offset: number; readonly read: PromiseWithResolvers<void> }[] = [];

  function reach(offset: number): void {
    next = Math.max(next, offset);
    for (const { offset, read } of waiting) if (offset <= next) read.resolve();
    waiting = waiting.filter(({ offset }) => offset > next);
  }

  function readTo(offset: number): Promise<void> {
    if (offset <= next) return Promise.resolve();
    const read = Promise.withResolvers<void>();
    waiting.push({ offset, read });
    return read.promise;
  }

  const reader = openReader(({ offset }) => reach(offset));
  const reading = reader
    .run((batch) => {
      for (const { key, value, offset } of batch) {
        if (key === null) continue;
        if (value === null) table.delete(key.toString());
        else table.set(key.toString(), { value: value.toString(), offset });
      }
      reach(batch.lastOffset + 1);
    })
    .catch(onFailure);

  return {
    get: (key) => table.get(key),
    catchUp: async () => readTo(await highWatermark()),
    readTo,
    async stableOffset() {
      const place = { topic: STATE_TOPIC, partition: STATE_PARTITION, at: "latest" } as const;
      const [end] = await reader.offsets([place]);
      return end?.offset ?? 0;
    },
    async close() {
      await reader.close();
      await reading;
      for (const { read } of waiting) read.reject(new Error(`${STATE_TOPIC} is not read any more`));
    },
  };
}
