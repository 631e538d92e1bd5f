/** A topic as a test sees it: every record from the first on, copied, in the order of its partition. */
import {
  type Admin,
  type ConsumerRecord,
  createAdmin,
  createConsumer,
  type TopicPartitionOffset,
} from "@campus/kafka";
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
  const admin = createAdmin(quiet);
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
      const ends = await endsOf(admin, topic, deadlineMs);
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

/** Where the topic's partitions end. A cluster that was silent a moment ago may not know yet who leads them: it is asked again. */
async function endsOf(admin: Admin, topic: string, deadlineMs: number): Promise<TopicPartitionOffset[]> {
  let ends: TopicPartitionOffset[] = [];
  let failure: unknown;
  const isKnown = async () => {
    try {
      // Described each time: it tells the client who leads now, where the cluster was restarted since.
      const [description] = await admin.describeTopics([topic]);
      ends = await admin.listOffsets(
        description!.partitions.map(({ partition }) => ({ topic, partition, at: "latest" as const })),
      );
    } catch (error) {
      failure = error;
    }
    return ends.length > 0;
  };
  await until(`the ends of ${topic} are known`, isKnown, { deadlineMs, everyMs: 100 }).catch((error) => {
    throw new Error(`${error.message} (${failure})`);
  });
  return ends;
}
