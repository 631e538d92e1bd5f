/** Where a group is to go on: the words of `--to`, and the offsets they come to. Pure but for the one request. */
import type {
  Admin,
  OffsetSpec,
  TopicDescription,
  TopicPartition,
  TopicPartitionOffset,
} from "@campus/kafka";
import { UsageError } from "./exit-code.ts";
import { didYouMean } from "./nearest.ts";
import { OffsetTable, partitionsOf, readEnds } from "./topics.ts";

export type Destination =
  | { readonly kind: "earliest" | "latest" }
  /** The same offset in every partition. */
  | { readonly kind: "offset"; readonly offset: number }
  /** The first record of that time or later; the end where there is none. */
  | { readonly kind: "time"; readonly timestampMs: number }
  /** So many records on from what is committed, or back. */
  | { readonly kind: "shift"; readonly records: number };

/** For help: the words, and what they mean. */
export const DESTINATIONS: readonly (readonly [words: string, meaning: string])[] = [
  ["earliest", "the first record that is kept"],
  ["latest", "the end of the log"],
  ["120", "this offset, in every partition"],
  ["2026-11-25T10:00:00Z", "the first record of that time or later, by the records' own timestamps"],
  ["15m", "the same, so long before now (s, m, h, d)"],
  ["+100, -100", "so many records on from what is committed, or back (--to=-100)"],
];

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @throws UsageError */
export function readDestination(text: string, nowMs = Date.now()): Destination {
  if (text === "earliest" || text === "latest") return { kind: text };
  if (/^\d{1,15}$/.test(text)) return { kind: "offset", offset: Number(text) };
  if (/^[+-]\d{1,15}$/.test(text)) return { kind: "shift", records: Number(text) };
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?)(s|m|h|d)$/.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined)
    return { kind: "time", timestampMs: nowMs - Number(amount) * UNITS_MS[unit]! };
  // A date without a zone would be of this machine's, which is rarely meant where servers are.
  const isDate = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  const timestampMs = isDate ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(timestampMs)) return { kind: "time", timestampMs };
  const takes = DESTINATIONS.map(([words]) => words).join(", ");
  const meant = didYouMean(text, ["earliest", "latest"]);
  throw new UsageError(`--to is ${JSON.stringify(text)}: it takes ${takes}${meant}`);
}

export interface Targets {
  readonly offsets: readonly TopicPartitionOffset[];
  /** Those that lay outside the log, and were moved to its nearer end. */
  readonly moved: readonly TopicPartition[];
}

/** What a destination comes to in topics, within what their logs hold. A partition that nobody leads is left out. */
export async function readTargets(
  admin: Pick<Admin, "listOffsets">,
  topics: readonly TopicDescription[],
  committed: readonly TopicPartitionOffset[],
  to: Destination,
): Promise<Targets> {
  const ends = async (at: "earliest" | "latest") => readEnds(admin as Admin, topics, at);
  if (to.kind === "earliest" || to.kind === "latest") return { offsets: await ends(to.kind), moved: [] };
  const [first, end] = [new OffsetTable(await ends("earliest")), new OffsetTable(await ends("latest"))];
  const wanted =
    to.kind === "time" ? new OffsetTable(await atTime(admin, topics, to.timestampMs)) : undefined;
  const before = new OffsetTable(committed);
  const offsets: TopicPartitionOffset[] = [];
  const moved: TopicPartition[] = [];
  for (const place of partitionsOf(topics)) {
    const [low, high] = [first.at(place), end.at(place)];
    if (low === null || high === null) continue;
    const exact =
      to.kind === "offset"
        ? to.offset
        : to.kind === "shift"
          ? // A group that has committed nothing here begins at the first record: it goes on from there.
            (before.at(place) ?? low) + to.records
          : (wanted!.at(place) ?? high);
    const offset = Math.min(high, Math.max(low, exact));
    if (offset !== exact) moved.push(place);
    offsets.push({ ...place, offset });
  }
  return { offsets, moved };
}

function atTime(
  admin: Pick<Admin, "listOffsets">,
  topics: readonly TopicDescription[],
  timestampMs: number,
): Promise<TopicPartitionOffset[]> {
  const led = topics.flatMap(({ topic, partitions }) =>
    partitions
      .filter(({ leader }) => leader !== null)
      .map(
        ({ partition }): OffsetSpec => ({
          topic,
          partition,
          at: { timestampMs: Math.max(0, Math.round(timestampMs)) },
        }),
      ),
  );
  return admin.listOffsets(led);
}
