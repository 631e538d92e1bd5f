/** Reads how far groups are behind, with the age of what is next in each partition. */
import type { Admin } from "@campus/kafka";
import type { Connection } from "./connection.ts";
import type { CommandError } from "./exit-code.ts";
import { type Group, noSuchGroup, readGroup } from "./group.ts";
import { lagOf, type PartitionLag, topicsOf } from "./lag.ts";
import { readTimes } from "./record-times.ts";
import { describeExisting, partitionsOf, placeOf, readEnds } from "./topics.ts";

/** A partition and how old what the group reads next in it is. */
export interface AgedLag extends PartitionLag {
  /** Since the next record was written, by its own timestamp. 0 without lag; null where it is not known. */
  readonly ageMs: number | null;
}

export interface GroupLag extends Group {
  readonly partitions: readonly AgedLag[];
}

/** Reads groups again and again: what it needs only once, it asks for only once. */
export function groupLagReader({ admin, kafka, brokers }: Connection) {
  /** Timestamps of next records, by place and offset: a partition that stands is not read again. */
  const times = new Map<string, { readonly offset: number; readonly timestamp: number }>();

  async function withAges(rows: readonly PartitionLag[]): Promise<AgedLag[]> {
    const unknown = rows.flatMap(({ topic, partition, committed, end, lag }) => {
      const isKnown = times.get(placeOf({ topic, partition }))?.offset === committed;
      return committed === null || end === null || lag === null || lag <= 0 || isKnown
        ? []
        : [{ topic, partition, offset: committed, end }];
    });
    const found = await readTimes(kafka, unknown);
    for (const { topic, partition, offset } of unknown) {
      const place = placeOf({ topic, partition });
      const timestamp = found.get(place);
      if (timestamp === undefined) times.delete(place);
      else times.set(place, { offset, timestamp });
    }
    const now = Date.now();
    return rows.map((row) => {
      const known = times.get(placeOf(row));
      const isNext = known !== undefined && known.offset === row.committed;
      const ageMs = row.lag === 0 ? 0 : isNext ? Math.max(0, now - known.timestamp) : null;
      return { ...row, ageMs };
    });
  }

  return async (
    groupIds: readonly string[],
  ): Promise<{ readonly groups: GroupLag[]; readonly missing: CommandError[] }> => {
    const groups: GroupLag[] = [];
    const missing: CommandError[] = [];
    for (const groupId of groupIds) {
      const group = await readGroup(admin, groupId);
      if (!group) missing.push(await noSuchGroup(admin, groupId, brokers));
      else groups.push({ ...group, partitions: await withAges(await readLag(admin, group)) });
    }
    return { groups, missing };
  };
}

/** The ends are read after the commits, so that a group that goes on meanwhile is never ahead of the log. */
export async function readLag(admin: Admin, group: Group): Promise<PartitionLag[]> {
  const topics = await describeExisting(admin, topicsOf(group));
  const ends = await readEnds(admin, topics, "latest");
  return lagOf({ ...group, partitions: partitionsOf(topics), ends });
}
