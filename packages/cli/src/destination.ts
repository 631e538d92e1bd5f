/** Where a group is to go on: the words of `--to`, and the offsets they come to. */
import type {
  Admin,
  OffsetSpec,
  TopicDescription,
  TopicPartition,
  TopicPartitionOffset,
} from "@campus/kafka";
import { UsageError } from "./exit-code.ts";
import { readMoment } from "./moment.ts";
import { didYouMean } from "./nearest.ts";
import { offsetsIn, readOffsetsFile } from "./offsets-file.ts";
import { OffsetTable, partitionsOf, readEnds } from "./topics.ts";

export type Destination =
  | { readonly kind: "earliest" }
  | { readonly kind: "latest" }
  /** The same offset in every partition. */
  | { readonly kind: "offset"; readonly offset: number }
  /** The first record of that time or later; the end where there is none. */
  | { readonly kind: "time"; readonly timestampMs: number }
  /** So many records on from what is committed, or back. */
  | { readonly kind: "shift"; readonly records: number }
  /** What a file has kept: only the partitions in it. */
  | { readonly kind: "kept"; readonly offsets: readonly TopicPartitionOffset[] };

/** For help: the words, and what they mean. */
export const DESTINATIONS: readonly (readonly [words: string, meaning: string])[] = [
  ["earliest", "the first record that is kept"],
  ["latest", "the end of the log"],
  ["120", "this offset, in every partition"],
  ["2026-11-25T10:00:00Z", "the first record of that time or later, by the records' own timestamps"],
  ["15m", "the same, so long before now (s, m, h, d)"],
  ["file:PATH", "what `offsets backup` or an earlier reset has kept"],
  ["+100, -100", "so many records on from what is committed, or back (--to=-100)"],
];

/** @throws UsageError */
export function readDestination(text: string, nowMs = Date.now()): Destination {
  if (text === "earliest" || text === "latest") return { kind: text };
  if (/^\d{1,15}$/.test(text)) return { kind: "offset", offset: Number(text) };
  if (/^[+-]\d{1,15}$/.test(text)) return { kind: "shift", records: Number(text) };
  if (text.startsWith("file:"))
    return { kind: "kept", offsets: offsetsIn(readOffsetsFile(text.slice("file:".length))) };
  const timestampMs = readMoment(text, nowMs);
  if (timestampMs !== undefined) return { kind: "time", timestampMs };
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
  const before = new OffsetTable(to.kind === "kept" ? to.offsets : committed);
  const offsets: TopicPartitionOffset[] = [];
  const moved: TopicPartition[] = [];
  for (const place of partitionsOf(topics)) {
    const [low, high] = [first.at(place), end.at(place)];
    if (low === null || high === null) continue;
    const exact = exactOffset(to, { before: before.at(place), atThatTime: wanted?.at(place) ?? high, low });
    if (exact === null) continue;
    const offset = Math.min(high, Math.max(low, exact));
    if (offset !== exact) moved.push(place);
    offsets.push({ ...place, offset });
  }
  return { offsets, moved };
}

interface Known {
  /** What is committed, or what a file has kept; null where that is nothing. */
  readonly before: number | null;
  readonly atThatTime: number;
  readonly low: number;
}

/** Null where a file says nothing of the partition: it is left as it is. */
function exactOffset(
  to: Exclude<Destination, { kind: "earliest" | "latest" }>,
  { before, atThatTime, low }: Known,
): number | null {
  if (to.kind === "kept") return before;
  if (to.kind === "offset") return to.offset;
  // A group that has committed nothing here begins at the first record: it goes on from there.
  return to.kind === "shift" ? (before ?? low) + to.records : atThatTime;
}

/** The first record of that time or later, a partition; negative where there is none, and those without a leader left out. */
export function atTime(
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
