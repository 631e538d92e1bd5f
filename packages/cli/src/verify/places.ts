/** Where topics and a group stand, by partition. */
import type { Admin, TopicPartition, TopicPartitionOffset } from "@campus/kafka";
import type { Offsets } from "./checker.ts";

export function endsOf(admin: Admin, places: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
  return admin.listOffsets(places.map((place) => ({ ...place, at: "latest" as const })));
}

export function startsOf(admin: Admin, places: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
  return admin.listOffsets(places.map((place) => ({ ...place, at: "earliest" as const })));
}

/** What a group has committed in partitions of one topic; those without an offset are left out. */
export async function committedOffsets(
  admin: Admin,
  group: string,
  places: readonly TopicPartition[],
): Promise<Offsets> {
  const offsets = await admin.groupOffsets(group, places);
  return new Map(
    offsets.filter(({ offset }) => offset >= 0).map(({ partition, offset }) => [partition, offset]),
  );
}
