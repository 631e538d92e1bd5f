/**
 * Where counts are kept: the one seam between counting and Kafka. Whatever lies behind it, a checkpoint is kept as a whole or not at all: the counts
 * of a partition, the offset they reach up to as the group's committed offset, and the dead letters met on the way.
 *
 * | store | counts lie in | dead letters |
 * |---|---|---|
 * | topic-store.ts | a compacted topic, written in one transaction with the offsets | in the same transaction: once |
 * | commit-store.ts | the metadata of the offset commit itself | before the commit: once, or again after a crash in between |
 */
import type { DeadLetter } from "@campus/events";
import type { TopicPartition } from "@campus/kafka";
import type { Counts } from "./metrics.ts";

/** How far a partition was read, and what that came to. */
export interface Checkpoint extends TopicPartition {
  /** The next offset to read; -1 where nothing was ever committed. */
  readonly offset: number;
  readonly counts: Counts;
}

/** A checkpoint as it is found when a partition is taken over. */
export interface RestoredCheckpoint extends Checkpoint {
  /** What the store holds is something else (the offset was set by hand): save this one even if no event comes. */
  readonly stale: boolean;
}

/** What to keep, all of it or none. */
export interface Save {
  readonly checkpoints: readonly Checkpoint[];
  /** The records below those offsets that could not be counted, and are not kept yet. */
  readonly letters: readonly DeadLetter[];
  /** Whether a partition is held as it was at the call, without having been given up in between. */
  readonly holds: (partition: TopicPartition) => boolean;
}

export interface CheckpointStore {
  /**
   * The checkpoints of partitions that are being taken over, exactly as the last owner left them. Takes as long as it takes to know.
   * Rejects with KafkaError when Kafka can't tell now, and with another error, which says what to do, when there are no counts to go on from.
   */
  load(partitions: readonly TopicPartition[]): Promise<RestoredCheckpoint[]>;
  /** What others have kept of their partitions, to be shown: it may be a moment behind. Nothing to go on from. */
  latest(partitions: readonly TopicPartition[]): Promise<Checkpoint[]>;
  /**
   * Keeps checkpoints of partitions this instance holds, for `load` to find. What is kept is what they are at the call: counting goes on
   * meanwhile. One call at a time. Rejects when nothing of it was kept: then the next call has to bring it again, letters included.
   */
  save(save: Save): Promise<void>;
  /** Lets go of what the store has open. */
  close(): Promise<void>;
}

/** A partition was given up while its checkpoint was on its way: whoever has it now counts what is not kept. */
export class NotHeldError extends Error {
  override readonly name = "NotHeldError";

  constructor({ topic, partition }: TopicPartition) {
    super(`${topic}/${partition} was given up before its counts were kept`);
  }
}

/** @throws NotHeldError for the first of the partitions that is not held any more */
export function mustHold({ checkpoints, holds }: Save): void {
  for (const checkpoint of checkpoints) if (!holds(checkpoint)) throw new NotHeldError(checkpoint);
}
