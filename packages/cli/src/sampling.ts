/** Records from places spread over a topic. */
import type { ConsumerRecord } from "@campus/kafka";
import type { KafkaAccess } from "./connection.ts";
import { type ShownRecord, showRecord } from "./shown-record.ts";
import type { Beginning } from "./starting-point.ts";
import { readFirstRecords } from "./topic-reading.ts";
import { comparePartitions, placeOf } from "./topics.ts";

/** Sizes of records, in bytes. */
export interface SizeRange {
  readonly least: number;
  readonly mean: number;
  readonly most: number;
}

/** Of key and value together. */
export function sizeOf({ key, value }: Pick<ConsumerRecord, "key" | "value">): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}

/** Of at least one. */
export function rangeOf(sizes: readonly number[]): SizeRange {
  return {
    least: Math.min(...sizes),
    mean: Math.round(sizes.reduce((sum, size) => sum + size, 0) / sizes.length),
    most: Math.max(...sizes),
  };
}

export interface Sampled extends ShownRecord {
  /** Of key and value together. */
  readonly bytes: number;
}

/** Where to look, in each partition: places spread evenly over all of them together, by how much each holds. Pure. */
export function samplePlaces(beginnings: readonly Beginning[], count: number): Map<Beginning, number[]> {
  const total = beginnings.reduce((sum, { start, end }) => sum + (end - start), 0);
  const places = new Map<Beginning, number[]>(beginnings.map((beginning) => [beginning, []]));
  const steps = Math.min(count, total);
  let before = 0;
  let next = 0;
  for (const beginning of beginnings) {
    const size = beginning.end - beginning.start;
    // The middle of each of `steps` equal stretches of all records, as if the partitions lay one behind the other.
    for (; next < steps; next++) {
      const at = Math.floor(((next + 0.5) * total) / steps) - before;
      if (at >= size) break;
      places.get(beginning)!.push(beginning.start + at);
    }
    before += size;
  }
  return places;
}

/** Up to `count` records by partition and offset; fewer where transactions' markers or compaction left no record. */
export async function sampleRecords(
  kafka: KafkaAccess,
  beginnings: readonly Beginning[],
  count: number,
  interrupted?: AbortSignal,
): Promise<Sampled[]> {
  const places = samplePlaces(beginnings, count);
  const rounds = Math.max(0, ...[...places.values()].map(({ length }) => length));
  const found = new Map<string, Sampled>();
  for (let round = 0; round < rounds && !interrupted?.aborted; round++) {
    const stretches = [...places].flatMap(([{ topic, partition, end }, offsets]) => {
      const start = offsets[round];
      // Up to the next place: there may be no record at this one.
      return start === undefined ? [] : [{ topic, partition, start, end: offsets[round + 1] ?? end }];
    });
    const records = await readFirstRecords({ kafka, stretches, ...(interrupted && { interrupted }) });
    for (const record of records.values()) {
      found.set(`${placeOf(record)}@${record.offset}`, { ...showRecord(record), bytes: sizeOf(record) });
    }
  }
  return [...found.values()].sort((a, b) => comparePartitions(a, b) || a.offset - b.offset);
}

export interface Summary {
  readonly bytes: SizeRange;
  /** How many are written how. */
  readonly encodings: Readonly<Record<string, number>>;
  readonly distinctKeys: number;
  readonly withoutKey: number;
}

export function summarize(sampled: readonly Sampled[]): Summary {
  const keys = sampled.flatMap(({ key }) => (key === null ? [] : [key]));
  const byEncoding = Map.groupBy(sampled, ({ encoding }) => encoding ?? "tombstone");
  return {
    bytes: rangeOf(sampled.map(({ bytes }) => bytes)),
    encodings: Object.fromEntries([...byEncoding].map(([encoding, { length }]) => [encoding, length])),
    distinctKeys: new Set(keys).size,
    withoutKey: sampled.length - keys.length,
  };
}
