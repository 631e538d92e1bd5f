/**
 * What a partition goes on from when it is taken over, by what the group has committed and what the state topic holds. Pure.
 *
 * | committed offset | its metadata | state topic | goes on from |
 * |---|---|---|---|
 * | none | | nothing, or counts of old | the beginning of the log, counts at zero |
 * | N | by this store | counts up to N | these |
 * | N | by this store | nothing, counts of another offset, or something unreadable | nothing: an error. The topic was deleted or damaged |
 * | N | counts up to N (commit-store.ts) | whatever | the counts of the metadata: kept there before `ANALYTICS_STATE` was changed |
 * | N | none, or of another offset: set by a tool | counts up to N | these |
 * | N | none, or of another offset: set by a tool | nothing, counts of another offset, or something unreadable | N, counts at zero |
 * | N | somebody else's | whatever | nothing: an error |
 *
 * Counts never are combined with an offset other than their own, so nothing is counted twice whatever an operator does.
 */
import type { TopicPartition } from "@campus/kafka";
import { readCheckpoint, readCommit } from "./checkpoint.ts";
import { type Counts, createCounts } from "./metrics.ts";
import type { StateEntry } from "./state-log.ts";
import { STATE_PARTITION, STATE_TOPIC } from "./state-topic.ts";

export interface Restored {
  readonly counts: Counts;
  /** The state topic holds something else. */
  readonly stale: boolean;
  /** What an operator should know of it. */
  readonly note?: string;
}

/** @throws Error, which says what to do, when there is nothing sound to go on from */
export function restore(
  { topic, partition }: TopicPartition,
  { offset, metadata }: { readonly offset: number; readonly metadata: string | undefined },
  state: StateEntry | undefined,
): Restored {
  const anew = (note?: string): Restored => ({
    counts: createCounts(),
    stale: state !== undefined,
    ...(note === undefined ? {} : { note }),
  });
  if (offset < 0) return anew(state && "the group has no offset here any more: counting from the beginning");
  try {
    const commit = readCommit(offset, metadata);
    if (commit.kind === "counts") return { counts: commit.counts, stale: true };
    if (commit.kind === "pointer") return { counts: countsUpTo(offset, state), stale: false };
  } catch (cause) {
    throw new Error(
      `The counts of ${topic}/${partition} are lost: ${cause instanceof Error ? cause.message : cause} ` +
        "Reset the group's offsets to count anew from where you put them, with tests/reset_offset.sh from the beginning of the log.",
      { cause },
    );
  }
  const found = isReadable(state) ? countsIn(state) : undefined;
  if (found?.offset === offset) return { counts: found.counts, stale: false };
  return anew(`the offset was set to ${offset} from outside: counting anew from there`);
}

function countsUpTo(offset: number, state: StateEntry | undefined): Counts {
  if (state === undefined)
    throw new Error(`the topic ${STATE_TOPIC} holds none, although ${offset} is committed.`);
  const found = countsIn(state);
  if (found.offset !== offset) {
    throw new Error(
      `those in ${STATE_TOPIC} reach up to ${found.offset}, while ${offset} is committed; analytics writes both as one.`,
    );
  }
  return found.counts;
}

/** The counts in a record of the state topic. @throws Error naming the record */
export function countsIn({ value, offset }: StateEntry): {
  readonly offset: number;
  readonly counts: Counts;
} {
  try {
    return readCheckpoint(value);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause;
    throw new Error(`record ${offset} of ${STATE_TOPIC}/${STATE_PARTITION} can't be read: ${reason}`, {
      cause,
    });
  }
}

function isReadable(state: StateEntry | undefined): state is StateEntry {
  try {
    return state !== undefined && countsIn(state) !== undefined;
  } catch {
    return false;
  }
}
