/**
 * The state topic as a table: it is read all the time, and of each key the newest committed value is kept. The table belongs to no group and
 * every instance has all of it.
 *
 * `catchUp` is what makes a restore whole. Readers of committed records get no further than the first transaction that is still open, and a
 * writer that was killed leaves one: what others have committed behind it is hidden until Kafka has aborted it. The end that readers are shown
 * meanwhile (the last stable offset) is therefore no end to stop at. Nor can a reader wait for the true end (the high watermark) by its own
 * position, which never stands behind the markers that end transactions. So a mark is written at the end of the log: once that is read, all
 * that lay before it has been, in order and settled.
 */
import type { Consumer } from "@campus/kafka";
import { STATE_PARTITION, STATE_TOPIC } from "./state-topic.ts";

/** A value of the table, and where it lies. */
export interface StateEntry {
  readonly value: string;
  readonly offset: number;
}

export interface StateLog {
  /** The newest value of a key read so far. */
  get(key: string): StateEntry | undefined;
  /**
   * Resolves when all that lay in the topic at the call is settled and, where it was committed, read. Rejects when the mark can't be written,
   * or when the log is closed.
   */
  catchUp(): Promise<void>;
  /** Where readers stand: the first offset they are not shown yet. */
  stableOffset(): Promise<number>;
  close(): Promise<void>;
}

export interface StateLogOptions {
  /** Reads the state topic's partition from its beginning, committed records only. The log runs and closes it. */
  readonly consumer: Pick<Consumer, "run" | "offsets" | "close">;
  /** Writes a record to the end of the partition; resolves when it is committed. */
  readonly write: (record: { readonly key: string; readonly value: string }) => Promise<void>;
  /** The key of marks: another for each program that shares the topic. */
  readonly markKey: string;
  /** The partition can't be read any more. */
  readonly onFailure: (error: unknown) => void;
  /** A mark that is not read within this time may have been replaced by a newer one and compacted away: another is written. Milliseconds. */
  readonly markTimeoutMs?: number;
}

export function createStateLog({
  consumer,
  write,
  markKey,
  onFailure,
  markTimeoutMs = 30_000,
}: StateLogOptions): StateLog {
  const table = new Map<string, StateEntry>();
  const marks = new Map<string, PromiseWithResolvers<void>>();

  const reading = consumer
    .run((batch) => {
      for (const record of batch) {
        const { key, value, offset } = record;
        if (key === null) continue;
        const name = key.toString();
        if (value === null) table.delete(name);
        else if (name === markKey) marks.get(value.toString())?.resolve();
        else table.set(name, { value: value.toString(), offset });
      }
    })
    .catch(onFailure);

  return {
    get: (key) => table.get(key),
    async catchUp() {
      for (let isRead = false; !isRead; ) {
        const mark = crypto.randomUUID();
        const read = Promise.withResolvers<void>();
        // Before it is written: it may be read before the writer hears that it is.
        marks.set(mark, read);
        try {
          await write({ key: markKey, value: mark });
          isRead = await inTime(read.promise, markTimeoutMs);
        } finally {
          marks.delete(mark);
        }
      }
    },
    async stableOffset() {
      const [end] = await consumer.offsets([
        { topic: STATE_TOPIC, partition: STATE_PARTITION, at: "latest" },
      ]);
      return end?.offset ?? 0;
    },
    async close() {
      await consumer.close();
      await reading;
      for (const { reject } of marks.values()) reject(new Error(`${STATE_TOPIC} is not read any more`));
    },
  };
}

async function inTime(work: Promise<void>, timeoutMs: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), timeoutMs);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
