/** What a cluster says of a consumer group: who is in it, and what it has committed. */
import { type Admin, type GroupMember, KafkaError, type TopicPartitionOffset } from "@campus/kafka";
import type { Connection } from "./connection.ts";
import { failed } from "./exit-code.ts";
import { didYouMean } from "./nearest.ts";
import { describeExisting, partitionsOf } from "./topics.ts";

export interface Group {
  readonly groupId: string;
  /** Kafka's word: `Stable`, `Empty`, … Null where the cluster can't describe groups, as the in-process one can't. */
  readonly state: string | null;
  /** Empty too where the cluster can't say. */
  readonly members: readonly GroupMember[];
  /** What it has committed, in existing topics. */
  readonly committed: readonly TopicPartitionOffset[];
}

/** A group as it is now, or undefined where there is none of this name: no members, and nothing committed. */
export async function readGroup(admin: Admin, groupId: string): Promise<Group | undefined> {
  const description = await describe(admin, groupId);
  const { members = [], state = null } = description ?? {};
  const committed = await readCommitted(admin, groupId, description === null);
  const isThere = (state !== null && state !== "Dead") || committed.length > 0;
  return isThere ? { groupId, state, members, committed } : undefined;
}

/** Null where the cluster can't describe groups. */
async function describe(admin: Admin, groupId: string) {
  try {
    const [description] = await admin.describeGroups([groupId]);
    return description;
  } catch (error) {
    if (isUnsupported(error)) return null;
    if (error instanceof KafkaError && error.name === "GROUP_ID_NOT_FOUND") return undefined;
    throw error;
  }
}

async function readCommitted(
  admin: Admin,
  groupId: string,
  onlyForNamed: boolean,
): Promise<TopicPartitionOffset[]> {
  // A cluster that can't describe groups answers for partitions that are named, and for "all" with nothing.
  const named = onlyForNamed ? partitionsOf(await describeExisting(admin)) : undefined;
  if (named?.length === 0) return [];
  const offsets = await admin.groupOffsets(groupId, named);
  return offsets.filter(({ offset }) => offset >= 0);
}

/** A group as it is now. @throws CommandError where there is none of this name, with the nearest that is there */
export async function readExistingGroup(
  { admin, brokers }: Pick<Connection, "admin" | "brokers">,
  groupId: string,
): Promise<Group> {
  const group = await readGroup(admin, groupId);
  if (!group) throw await noSuchGroup(admin, groupId, brokers);
  return group;
}

/** What to tell of a group that is not there, with the nearest that is. */
export async function noSuchGroup(admin: Admin, groupId: string, brokers: string) {
  const known = await listGroupIds(admin);
  if (known === undefined) {
    return failed(
      `The group "${groupId}" has committed nothing at ${brokers}, and this cluster can't list groups.`,
    );
  }
  return failed(`There is no group "${groupId}" at ${brokers}${didYouMean(groupId, known) || "."}`);
}

async function listGroupIds(admin: Admin): Promise<string[] | undefined> {
  try {
    return (await admin.listGroups()).map(({ groupId }) => groupId);
  } catch (error) {
    if (isUnsupported(error)) return undefined;
    throw error;
  }
}

export function isUnsupported(error: unknown): boolean {
  return error instanceof KafkaError && error.name === "_UNSUPPORTED_FEATURE";
}
