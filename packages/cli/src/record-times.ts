/** The times of single records: of the first one at or after an offset, as a consumer of committed records sees it. */
import type { TopicPartitionOffset } from "@campus/kafka";
import type { KafkaAccess } from "./connection.ts";
import { readStretches, type Stretch } from "./topic-reading.ts";
import { placeOf } from "./topics.ts";

/** A transaction left open may hide what comes next: its time is then not known. */
const PATIENCE_MS = 3_000;

/** Milliseconds since 1970 by place; none where there is no such record before `end`, or it has no time. One offset a partition. */
export async function readTimes(
  kafka: KafkaAccess,
  offsets: readonly (TopicPartitionOffset & { readonly end: number })[],
): Promise<ReadonlyMap<string, number>> {
  const stretches = offsets.map(({ topic, partition, offset, end }): Stretch => {
    return { topic, partition, start: offset, end };
  });
  const open = new Set(stretches.filter(({ start, end }) => start < end).map(placeOf));
  const times = new Map<string, number>();
  await readStretches({
    kafka,
    stretches,
    stallTimeoutMs: PATIENCE_MS,
    onBatch(batch, end) {
      const place = placeOf(batch);
      const { offset, timestamp } = batch.at(0);
      if (open.delete(place) && offset < end && timestamp >= 0) times.set(place, timestamp);
      return open.size > 0;
    },
  });
  return times;
}
