/**
 * Where counts are kept. The processor knows only `CheckpointStore`; behind it lies the consumer group's own offset commit,
 * whose metadata holds the counts that belong to the offset (see checkpoint.ts).
 */
import type { Consumer, TopicPartition } from "@campus/kafka";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import type { Counts } from "./metrics.ts";

/** How far a partition was read, and what that came to. */
export interface Checkpoint extends TopicPartition {
  /** The next offset to read; -1 where nothing was ever committed. */
  readonly offset: number;
  readonly counts: Counts;
}

export interface CheckpointStore {
  /** The checkpoints of these partitions, whichever instance made them. */
  load(partitions: readonly TopicPartition[]): Promise<Checkpoint[]>;
  /**
   * Keeps checkpoints of partitions this instance holds, offset and counts in one, for `load` to find. What is kept is
   * what they are at the call: counting goes on meanwhile.
   */
  save(checkpoints: readonly Checkpoint[]): Promise<void>;
}

/** The store in the offset commits of the consumer's group. Both calls reject with KafkaError. */
export function createCommitStore(consumer: Pick<Consumer, "commit" | "committed">): CheckpointStore {
  return {
    async load(partitions) {
      const committed = await consumer.committed(partitions);
      return committed.map(({ topic, partition, offset, metadata }) => {
        try {
          return { topic, partition, offset, counts: readCheckpoint(offset, metadata) };
        } catch (cause) {
          throw new Error(
            `The counts of ${topic}/${partition} can't be read: ${cause instanceof Error ? cause.message : cause}. ` +
              "Reset the group's offsets to count anew from where you put them.",
            { cause },
          );
        }
      });
    },

    async save(checkpoints) {
      await consumer.commit(
        checkpoints.map(({ topic, partition, offset, counts }) => ({
          topic,
          partition,
          offset,
          metadata: writeCheckpoint(offset, counts),
        })),
      );
    },
  };
}
