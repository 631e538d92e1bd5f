/**
 * Offsets written from inside a group, for the embedded cluster alone: of a group that has ever had members it takes them from a member
 * only. So this program joins, and writes if it is given every partition of the topics, which is so only when nobody else is in there.
 * Joining an active group makes it rebalance, twice, so this happens only when the user asks for it.
 */
import { createConsumer, type TopicPartition, type TopicPartitionOffset } from "@campus/kafka";
import type { KafkaAccess } from "./connection.ts";
import { placeOf } from "./topics.ts";

/** The embedded cluster lets a joining member wait for about as long as the session of those before it. */
const ASSIGNMENT_TIMEOUT_MS = 60_000;

/** It makes the session of the last one to join that of all: with less than this, members that are there would be taken for dead. */
const SESSION_TIMEOUT_MS = 10_000;

export interface MemberCommitOptions {
  readonly kafka: KafkaAccess;
  readonly groupId: string;
  /** All partitions of their topics. */
  readonly offsets: readonly TopicPartitionOffset[];
}

/** Whether they were written: false where others are in the group, which then keeps its offsets. */
export async function commitAsOnlyMember({ kafka, groupId, offsets }: MemberCommitOptions): Promise<boolean> {
  const assigned = Promise.withResolvers<readonly TopicPartition[]>();
  await using member = createConsumer({
    ...kafka,
    groupId,
    topics: [...new Set(offsets.map(({ topic }) => topic))],
    clientId: "orders",
    autoOffsetReset: "latest",
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    onLog: () => undefined,
    // They are this member's to commit once the handler has returned, so not before the event loop's next turn.
    onAssigned: (partitions) => void setImmediate(() => assigned.resolve(partitions)),
  });
  const timer = setTimeout(() => assigned.resolve([]), ASSIGNMENT_TIMEOUT_MS);
  const mine = new Set((await assigned.promise).map(placeOf));
  clearTimeout(timer);
  if (!offsets.every((offset) => mine.has(placeOf(offset)))) return false;
  await member.commit(offsets);
  return true;
}
