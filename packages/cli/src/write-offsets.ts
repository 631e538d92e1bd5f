/**
 * The one write of a reset. All partitions travel in one request, so a process killed here leaves the old offsets or the new ones. Kafka
 * takes them for a group without members only; its refusal is the last word, because a consumer may have joined since anybody looked.
 */
import { type GroupMember, KafkaError, type TopicPartitionOffset } from "@campus/kafka";
import type { Connection } from "./connection.ts";
import { CommandError, toCommandError } from "./exit-code.ts";
import { type Group, readGroup } from "./group.ts";
import { commitAsOnlyMember } from "./member-commit.ts";

export type WriteOutcome =
  | { readonly written: true }
  /** The group is active: by its members where the cluster names them, else by `answer`, Kafka's name for the refusal. */
  | { readonly written: false; readonly members: readonly GroupMember[]; readonly answer: string };

/** Kafka's answers to whoever sets the offsets of a group that has members. */
const ACTIVE = new Set([
  "UNKNOWN_MEMBER_ID",
  "NON_EMPTY_GROUP",
  "REBALANCE_IN_PROGRESS",
  "ILLEGAL_GENERATION",
  "STALE_MEMBER_EPOCH",
]);

/**
 * Sets the offsets of a group that was seen without members.
 * @param onJoin allows to write as the group's only member where the cluster takes them from nobody else; called before that
 * @throws CommandError where it could not be done, or where nobody can say whether it was
 */
export async function writeOffsets(
  { admin, kafka, brokers }: Connection,
  { groupId, state }: Group,
  offsets: readonly TopicPartitionOffset[],
  onJoin: (() => void) | undefined,
): Promise<WriteOutcome> {
  try {
    await admin.alterGroupOffsets(groupId, offsets);
    return { written: true };
  } catch (error) {
    if (!(error instanceof KafkaError) || !ACTIVE.has(error.name)) throw doubtful(error, brokers, groupId);
    if (onJoin && state === null) {
      onJoin();
      if (await commitAsOnlyMember({ kafka, groupId, offsets })) return { written: true };
    }
    const now = await readGroup(admin, groupId);
    return { written: false, members: now?.members ?? [], answer: error.name };
  }
}

function doubtful(error: unknown, brokers: string, groupId: string): unknown {
  const known = toCommandError(error, brokers);
  if (!known) return error;
  const advice = `Whether anything was written shows \`orders lag ${groupId}\`.`;
  return new CommandError(known.exitCode, `${known.message} ${advice}`, { cause: error });
}
