/** A topic as a test sees it: every record from the first on, copied, in the order of its partition. */
import { type ConsumerRecord, createAdmin, createConsumer } from "@campus/kafka";
import { until } from "./until.ts";

export interface LoggedRecord {
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  /** The bytes of the value, as text where they are UTF-8. */
  readonly value: Buffer;
  readonly text: string;
  readonly headers: ConsumerRecord["headers"];
}

export interface TopicLog extends AsyncDisposable {
  /** What was read so far, by partition. */
  readonly partitions: readonly (readonly LoggedRecord[])[];
  /** The same in one list. */
  all(): LoggedRecord[];
  /** Reads up to where the topic ends at the moment of the call. */
  catchUp(deadlineMs?: number): Promise<void>;
}

/** Begins to read a topic of three partitions, in a group of its own. */
export function followTopic(brokers: string, topic: string): TopicLog {
  const partitions: LoggedRecord[][] = [[], [], []];
  const quiet = { brokers, onLog: () => undefined, onError: () => undefined };
  const admin = createAdmin({ ...quiet, timeoutMs: 20_000 });
  const consumer = createConsumer({
    ...quiet,
    groupId: `reader-of-${topic}-${crypto.randomUUID()}`,
    topics: [topic],
    autoOffsetReset: "earliest",
  });
  const reading = consumer.run((batch) => {
    for (const record of batch) {
      const value = Buffer.from(record.value ?? []);
      const { partition, offset } = record;
      partitions[partition]!.push({
        partition,
        offset,
        key: String(record.key),
        value,
        text: value.toString(),
        headers: record.headers,
      });
    }
  });
  return {
    partitions,
    all: () => partitions.flat(),
    async catchUp(deadlineMs = 20_000) {
      const from = performance.now();
      const ends = await admin.listOffsets(
        partitions.map((_, partition) => ({ topic, partition, at: "latest" as const })),
      );
      // The reader's position, and not its last record: what ends a transaction takes an offset, too.
      const isRead = () => {
        const positions = consumer.position(ends);
        return ends.every(({ offset }, index) => offset === 0 || positions[index]!.offset >= offset);
      };
      await until(`${topic} was read to its end`, isRead, {
        deadlineMs: deadlineMs - (performance.now() - from),
      });
    },
    async [Symbol.asyncDispose]() {
      await consumer.close();
      await reading;
      await admin.close();
    },
  };
}
