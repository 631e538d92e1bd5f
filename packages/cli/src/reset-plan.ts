/** What a reset of offsets will change. Pure: what Kafka says comes in, old and new offsets come out. */
import type { TopicPartition, TopicPartitionOffset } from "@campus/kafka";
import { comparePartitions, OffsetTable, placeOf } from "./topics.ts";

export interface PlannedOffset extends TopicPartition {
  /** What is committed now; null where nothing is. */
  readonly old: number | null;
  readonly new: number;
  /** How many records further on, or back where it is negative; null where nothing is committed. */
  readonly difference: number | null;
}

export interface ResetInput {
  /** What is to be set: every partition of the topics meant. */
  readonly partitions: readonly TopicPartition[];
  readonly committed: readonly TopicPartitionOffset[];
  /** Where to. */
  readonly targets: readonly TopicPartitionOffset[];
}

export interface ResetPlan {
  /** By topic and partition. */
  readonly offsets: readonly PlannedOffset[];
  /** Partitions for which there is no target. With any, nothing may be written: a part of a topic replayed is no replay. */
  readonly unknown: readonly TopicPartition[];
}

export function planReset({ partitions, committed, targets }: ResetInput): ResetPlan {
  const [committedTable, targetTable] = [new OffsetTable(committed), new OffsetTable(targets)];
  const places = [...new Map(partitions.map((partition) => [placeOf(partition), partition])).values()];
  const offsets: PlannedOffset[] = [];
  const unknown: TopicPartition[] = [];
  for (const { topic, partition } of places.sort(comparePartitions)) {
    const old = committedTable.at({ topic, partition });
    const target = targetTable.at({ topic, partition });
    if (target === null) unknown.push({ topic, partition });
    else {
      const difference = old === null ? null : target - old;
      offsets.push({ topic, partition, old, new: target, difference });
    }
  }
  return { offsets, unknown };
}

/** What is to be written for a plan. Without metadata: what a group kept beside its old offsets belongs to those. */
export function offsetsToWrite({ offsets }: ResetPlan): TopicPartitionOffset[] {
  return offsets.map(({ topic, partition, new: offset }) => ({ topic, partition, offset }));
}
