/** What goes into a topic: how fast, how large, how evenly over its partitions and keys. From its newest records. */
import type { Admin, ConsumerRecord, TopicDescription } from "@campus/kafka";
import type { KafkaAccess } from "./connection.ts";
import { atTime } from "./destination.ts";
import { rangeOf, type SizeRange, sizeOf } from "./sampling.ts";
import { showBytes } from "./shown-record.ts";
import type { Beginning } from "./starting-point.ts";
import { readRecords } from "./topic-reading.ts";
import { OffsetTable, placeOf } from "./topics.ts";

/** What a rate is over. */
const RATE_WINDOW_MS = 60_000;
/** A transaction that is open hides what is behind it: what can be read is enough. */
const STALL_TIMEOUT_MS = 3_000;
const TOP_KEYS = 5;

/** What is looked at of a record. */
export interface NewRecord {
  readonly partition: number;
  readonly key: string | null;
  /** Of key and value together. */
  readonly bytes: number;
  readonly timestampMs: number;
}

export interface Traffic {
  /** Records looked at, the newest of each partition. */
  readonly sampled: number;
  /** Of those; null without any. */
  readonly bytes: SizeRange | null;
  readonly keys: {
    readonly distinct: number;
    readonly without: number;
    /** Those that came more than once, the most frequent first. */
    readonly top: readonly KeyShare[];
  };
}

export interface KeyShare {
  readonly key: string;
  readonly records: number;
  /** Of the records looked at, from 0 to 1. */
  readonly share: number;
  readonly partitions: readonly number[];
}

/** The newest records of each partition, about `count` of all. */
export async function readNewest(
  kafka: KafkaAccess,
  partitions: readonly Beginning[],
  count: number,
  interrupted?: AbortSignal,
): Promise<NewRecord[]> {
  const each = Math.ceil(count / Math.max(1, partitions.length));
  const stretches = partitions.map((of) => ({ ...of, start: Math.max(of.first, of.end - each) }));
  const records: NewRecord[] = [];
  await readRecords({
    ...{ kafka, stretches, stallTimeoutMs: STALL_TIMEOUT_MS },
    ...(interrupted && { interrupted }),
    onRecord: (record) => void records.push(toNewRecord(record)),
  });
  return records;
}

function toNewRecord({ partition, key, value, timestamp }: ConsumerRecord): NewRecord {
  return { partition, key: showBytes(key), bytes: sizeOf({ key, value }), timestampMs: timestamp };
}

/** Pure. */
export function trafficOf(records: readonly NewRecord[]): Traffic {
  const byKey = Map.groupBy(
    records.filter(({ key }) => key !== null),
    ({ key }) => key!,
  );
  const top = [...byKey]
    .filter(([, { length }]) => length > 1)
    .sort(([, a], [, b]) => b.length - a.length)
    .slice(0, TOP_KEYS)
    .map(([key, of]) => ({
      key,
      records: of.length,
      share: of.length / records.length,
      partitions: [...new Set(of.map(({ partition }) => partition))].sort((a, b) => a - b),
    }));
  const without = records.reduce((sum, { key }) => sum + (key === null ? 1 : 0), 0);
  return {
    sampled: records.length,
    bytes: records.length === 0 ? null : rangeOf(records.map(({ bytes }) => bytes)),
    keys: { distinct: byKey.size, without, top },
  };
}

/**
 * Records a second over the last minute, by place; markers of transactions count as records. Null where the cluster finds no offset by a time
 * although it holds a record of that time: the embedded one.
 */
export async function readRates(
  admin: Admin,
  topic: TopicDescription,
  partitions: readonly Beginning[],
  newest: readonly NewRecord[],
  nowMs = Date.now(),
): Promise<ReadonlyMap<string, number | null>> {
  const sinceMs = nowMs - RATE_WINDOW_MS;
  const found = new OffsetTable(await atTime(admin, [topic], sinceMs));
  const isWrong = (place: Beginning) =>
    newest.some(({ partition, timestampMs }) => partition === place.partition && timestampMs >= sinceMs);
  return new Map(
    partitions.map((place) => {
      const offset = found.at(place);
      if (offset === null || offset >= place.end) return [placeOf(place), isWrong(place) ? null : 0];
      return [placeOf(place), (place.end - offset) / (RATE_WINDOW_MS / 1_000)];
    }),
  );
}
