/** The times of single records: of the first one at or after an offset, as a consumer of committed records sees it. */
import type { TopicPartitionOffset } from "@campus/kafka";
import type { KafkaAccess } from "./connection.ts";
import { readFirstRecords } from "./topic-reading.ts";

/** A transaction left open may hide what comes next: its time is then not known. */
const PATIENCE_MS = 3_000;

/** Milliseconds since 1970 by place; none where there is no such record before `end`, or it has no time. One offset a partition. */
export async function readTimes(
  kafka: KafkaAccess,
  offsets: readonly (TopicPartitionOffset & { readonly end: number })[],
): Promise<ReadonlyMap<string, number>> {
  const stretches = offsets.map(({ topic, partition, offset, end }) => ({
    topic,
    partition,
    start: offset,
    end,
  }));
  const records = await readFirstRecords({ kafka, stretches, stallTimeoutMs: PATIENCE_MS });
  return new Map(
    [...records].flatMap(([place, { timestamp }]) => (timestamp >= 0 ? [[place, timestamp] as const] : [])),
  );
}
