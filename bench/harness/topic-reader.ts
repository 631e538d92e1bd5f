/** Reads a topic once, as a reader of committed records. */
import { type Consumer, type ConsumerRecord, createConsumer } from "@campus/kafka";
import { RunFailed } from "./subject-process.ts";
import { scratchName } from "./topics.ts";

const timeoutMs = 120_000;

/**
 * @param ends by partition, how far to read
 * @throws RunFailed when the ends are not reached in time, and whatever `onRecord` throws
 */
export async function readTopic(
  brokers: string,
  topic: string,
  ends: readonly number[],
  onRecord: (record: ConsumerRecord) => void,
): Promise<void> {
  const unfinished = new Set(ends.flatMap((end, partition) => (end > 0 ? partition : [])));
  if (unfinished.size === 0) return;
  const reader: Consumer = createConsumer({
    brokers,
    groupId: scratchName("reader"),
    partitions: ends.map((_, partition) => ({ topic, partition, offset: 0 })),
    autoOffsetReset: "earliest",
    onEnd({ partition, offset }) {
      if (offset >= ends[partition]!) unfinished.delete(partition);
      if (unfinished.size === 0) void reader.close();
    },
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void reader.close();
  }, timeoutMs);
  try {
    await reader.run((batch) => {
      for (const record of batch) onRecord(record);
    });
  } finally {
    clearTimeout(timer);
    await reader.close();
  }
  if (late) throw new RunFailed(`${topic} could not be read in ${timeoutMs / 1000} s`);
}
