/**
 * What the cluster says of its groups: who is in them, what they read, how far behind they are. Asked by requests, so only while somebody looks.
 */
import { EVENT_TOPICS } from "@campus/events";
import { type Admin, type GroupMember, KafkaError, type TopicPartition } from "@campus/kafka";

export interface PartitionLag extends TopicPartition {
  /** Records the group has not committed yet; null where it has committed nothing. */
  readonly lag: number | null;
  /** The `client.id` of the member that reads it; null where none is known. */
  readonly client: string | null;
}

export interface GroupState {
  readonly group: string;
  /** Kafka's word for it; null where the cluster can't say, as the embedded one can't. */
  readonly state: string | null;
  readonly members: readonly {
    readonly client: string;
    readonly host: string;
    readonly partitions: number;
  }[];
  readonly partitions: readonly PartitionLag[];
  /** Of all its partitions together. */
  readonly lag: number;
}

export interface ClusterState {
  readonly groups: readonly GroupState[];
  readonly atMs: number;
}

export type ClusterAdmin = Pick<
  Admin,
  "listGroups" | "describeGroups" | "groupOffsets" | "listOffsets" | "describeTopics"
>;

/** Looked for where the cluster can't list groups. */
const OWN_GROUPS = ["inventory-group", "analytics-group"] as const;

export async function readCluster(admin: ClusterAdmin, nowMs = Date.now): Promise<ClusterState> {
  const described = await describeGroups(admin);
  const groups = await Promise.all(described.map((group) => stateOf(admin, group)));
  return {
    groups: groups.filter((group) => group !== undefined).sort((a, b) => (a.group < b.group ? -1 : 1)),
    atMs: nowMs(),
  };
}

interface Described {
  readonly group: string;
  readonly state: string | null;
  readonly members: readonly GroupMember[];
}

async function describeGroups(admin: ClusterAdmin): Promise<Described[]> {
  try {
    const names = (await admin.listGroups()).map(({ groupId }) => groupId);
    if (names.length === 0) return [];
    const described = await admin.describeGroups(names);
    return described.map(({ groupId, state, members }) => ({ group: groupId, state, members }));
  } catch (error) {
    if (!(error instanceof KafkaError) || error.name !== "_UNSUPPORTED_FEATURE") throw error;
    return OWN_GROUPS.map((group) => ({ group, state: null, members: [] }));
  }
}

/** Undefined for a group that neither reads nor has committed anything. */
async function stateOf(
  admin: ClusterAdmin,
  { group, state, members }: Described,
): Promise<GroupState | undefined> {
  const owners = new Map(
    members.flatMap(({ clientId, assignment }) => assignment.map((at) => [keyOf(at), clientId] as const)),
  );
  const assigned = members.flatMap(({ assignment }) => assignment);
  const committed = await admin.groupOffsets(
    group,
    state === null ? await placesOf(admin, EVENT_TOPICS) : undefined,
  );
  const known = new Map(
    [...assigned, ...committed.filter(({ offset }) => offset >= 0)].map(({ topic, partition }) => [
      keyOf({ topic, partition }),
      { topic, partition },
    ]),
  );
  if (known.size === 0 && members.length === 0) return undefined;
  const places = [...known.values()].sort(byPlace);
  const ends = await admin.listOffsets(places.map((place) => ({ ...place, at: "latest" as const })));
  const partitions = places.map((place) => {
    const [offset, end] = [offsetIn(committed, place), offsetIn(ends, place)];
    const lag = offset < 0 || end < 0 ? null : Math.max(0, end - offset);
    return { ...place, lag, client: owners.get(keyOf(place)) ?? null };
  });
  return {
    group,
    state,
    members: members.map(({ clientId, host, assignment }) => ({
      client: clientId,
      host,
      partitions: assignment.length,
    })),
    partitions,
    lag: partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
  };
}

async function placesOf(admin: ClusterAdmin, topics: readonly string[]): Promise<TopicPartition[]> {
  const described = await admin.describeTopics(topics);
  return described.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition }) => ({ topic, partition })),
  );
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

function byPlace(a: TopicPartition, b: TopicPartition): number {
  return a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? 1 : -1;
}

function offsetIn(
  list: readonly (TopicPartition & { offset: number })[],
  { topic, partition }: TopicPartition,
): number {
  return list.find((entry) => entry.topic === topic && entry.partition === partition)?.offset ?? -1;
}
