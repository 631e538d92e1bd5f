/** How far a group is behind, partition by partition. Pure: what Kafka says comes in, rows come out. */
import type { GroupMember, TopicPartition, TopicPartitionOffset } from "@campus/kafka";
import { comparePartitions, OffsetTable, placeOf } from "./topics.ts";

export interface PartitionLag extends TopicPartition {
  /** The next offset the group will read. Null where it has committed none: it begins where its consumers' settings say. */
  readonly committed: number | null;
  /** Where the log ends. Null where no leader could be asked, or the topic is gone. */
  readonly end: number | null;
  /** Records between the two, as Kafka's own tools count them; negative where the log is shorter than what was committed. */
  readonly lag: number | null;
  /** The member that has the partition now; null where none is known. */
  readonly memberId: string | null;
  readonly clientId: string | null;
  readonly host: string | null;
}

export interface LagInput {
  readonly committed: readonly TopicPartitionOffset[];
  readonly members: readonly GroupMember[];
  /** Every partition of the topics that the group has to do with. */
  readonly partitions: readonly TopicPartition[];
  readonly ends: readonly TopicPartitionOffset[];
}

/** A row for every partition of those topics, and for what was committed or is assigned besides. */
export function lagOf({ committed, members, partitions, ends }: LagInput): PartitionLag[] {
  const owners = new Map(
    members.flatMap((member) => member.assignment.map((partition) => [placeOf(partition), member] as const)),
  );
  const assigned = members.flatMap(({ assignment }) => assignment);
  const places = new Map(
    [...partitions, ...committed, ...assigned].map(({ topic, partition }) => [
      placeOf({ topic, partition }),
      { topic, partition },
    ]),
  );
  const [committedTable, endTable] = [new OffsetTable(committed), new OffsetTable(ends)];
  return [...places.values()].sort(comparePartitions).map((place) => {
    const [offset, end] = [committedTable.at(place), endTable.at(place)];
    const owner = owners.get(placeOf(place));
    return {
      ...place,
      committed: offset,
      end,
      lag: offset === null || end === null ? null : end - offset,
      memberId: owner?.memberId ?? null,
      clientId: owner?.clientId ?? null,
      host: owner?.host ?? null,
    };
  });
}

/** What is known to be behind. A partition whose log is shorter than what was committed does not make up for another. */
export function totalLag(rows: readonly PartitionLag[]): number {
  return rows.reduce((sum, { lag }) => sum + Math.max(0, lag ?? 0), 0);
}

/** The topics a group has to do with: it has committed in them, or reads them. */
export function topicsOf({ committed, members }: Pick<LagInput, "committed" | "members">): string[] {
  const places = [...committed, ...members.flatMap(({ assignment }) => assignment)];
  return [...new Set(places.map(({ topic }) => topic))].sort();
}
