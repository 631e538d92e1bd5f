/** A consumer group from the outside: how far it is behind, and whether anybody is in it. */
import { type Admin, KafkaError, type TopicPartitionLag } from "@campus/kafka";
import { until } from "./until.ts";

export interface GroupLag {
  /** A row a partition, whether the group has committed in it or not. */
  readonly partitions: readonly TopicPartitionLag[];
  /** Records in all of them that the group has not committed yet. */
  readonly total: number;
  /** Where the topics end, as one number that grows with every record. */
  readonly end: number;
}

/**
 * How far a group is behind on topics, by its committed offsets. Where it has none it is behind by all that is there, which is what a
 * group that begins at the earliest record has before it.
 */
export async function readLag(admin: Admin, groupId: string, topics: readonly string[]): Promise<GroupLag> {
  const described = await admin.describeTopics(topics);
  const all = described.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition }) => ({ topic, partition })),
  );
  const ends = await admin.listOffsets(all.map((partition) => ({ ...partition, at: "latest" as const })));
  const starts = await admin.listOffsets(all.map((partition) => ({ ...partition, at: "earliest" as const })));
  const committed = await admin.groupOffsets(groupId, all);
  const offsetIn = (list: typeof ends, topic: string, partition: number) =>
    list.find((entry) => entry.topic === topic && entry.partition === partition)?.offset ?? -1;
  const partitions = all.map(({ topic, partition }) => {
    const high = offsetIn(ends, topic, partition);
    const position = offsetIn(committed, topic, partition);
    const from = position < 0 ? offsetIn(starts, topic, partition) : position;
    return { topic, partition, position, high, lag: Math.max(0, high - from) };
  });
  const sum = (of: "lag" | "high") => partitions.reduce((total, partition) => total + partition[of], 0);
  return { partitions, total: sum("lag"), end: sum("high") };
}

/** Whether nobody is in a group, as the cluster says. */
export async function isEmpty(admin: Admin, groupId: string): Promise<boolean> {
  const [group] = await admin.describeGroups([groupId]);
  return group === undefined || group.members.length === 0;
}

export interface WaitOptions {
  readonly deadlineMs: number;
  /** Told at each look. */
  readonly onLag?: (lag: GroupLag) => void;
}

/** Waits until a group has committed everything there is. @throws after the deadline, with what is left by partition */
export async function untilDrained(
  admin: Admin,
  groupId: string,
  topics: readonly string[],
  { deadlineMs, onLag }: WaitOptions,
): Promise<GroupLag> {
  let last: GroupLag | undefined;
  const isDrained = async () => {
    try {
      last = await readLag(admin, groupId, topics);
    } catch (error) {
      // Transactions that have been open all the while are no end of the waiting, which has a deadline of its own.
      if (error instanceof KafkaError && error.name === "UNSTABLE_OFFSET_COMMIT") return false;
      throw error;
    }
    onLag?.(last);
    return last.total === 0;
  };
  await until(`the lag of ${groupId} is 0`, isDrained, { deadlineMs, everyMs: 100 }).catch((error) => {
    throw new Error(`${error.message}\n${last === undefined ? "" : formatLag(last)}`);
  });
  return last!;
}

/** The partitions as a table. */
export function formatLag({ partitions, total }: GroupLag): string {
  const rows = [
    ["TOPIC", "PARTITION", "COMMITTED", "END", "LAG"],
    ...partitions.map(({ topic, partition, position, high, lag }) => [
      topic,
      String(partition),
      position < 0 ? "-" : String(position),
      String(high),
      String(lag),
    ]),
    ["total", "", "", "", String(total)],
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "),
    )
    .join("\n");
}
