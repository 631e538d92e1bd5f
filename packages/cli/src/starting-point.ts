/** Where in a topic reading begins: the words of `--from` and `--since`, and the offsets they come to. */
import type { Admin, TopicDescription, TopicPartition } from "@campus/kafka";
import type { OptionSpec } from "./command.ts";
import { atTime } from "./destination.ts";
import { UsageError } from "./exit-code.ts";
import { readMoment } from "./moment.ts";
import { didYouMean } from "./nearest.ts";
import { OffsetTable, partitionsOf, placeOf, readEnds } from "./topics.ts";

export type StartingPoint =
  | { readonly kind: "earliest" | "latest" }
  | { readonly kind: "offset"; readonly offset: number }
  /** So many records before the end, in each partition. */
  | { readonly kind: "last"; readonly records: number }
  | { readonly kind: "time"; readonly timestampMs: number };

/** Options of a command that reads from such a point on. */
export const STARTING_OPTIONS: readonly OptionSpec[] = [
  {
    name: "from",
    value: "WHERE",
    description: "earliest, latest, an offset, or end-100: so many records before the end, in each partition",
  },
  {
    name: "since",
    value: "WHEN",
    description:
      "from a time on (2026-11-25T10:00:00Z), or so long before now (10m), by the records' timestamps",
  },
];

const WORDS = "earliest, latest, an offset, or end-100";

/** Of a command that can keep to some partitions. */
export const PARTITION_OPTION: OptionSpec = {
  name: "partition",
  value: "N",
  repeatable: true,
  description: "only this partition",
};

/** Where reading ends, of a command that need not go on to the end of the log. */
export const UNTIL_OPTION: OptionSpec = {
  name: "until",
  value: "WHERE",
  description:
    "up to, and not including: an offset, a time, or so long before now (default: what is there at the start)",
};

export type EndPoint =
  | { readonly kind: "end" }
  | { readonly kind: "offset"; readonly offset: number }
  | { readonly kind: "time"; readonly timestampMs: number };

/** @throws UsageError */
export function readEndPoint(text: string | undefined, nowMs = Date.now()): EndPoint {
  if (text === undefined) return { kind: "end" };
  if (/^\d{1,15}$/.test(text)) return { kind: "offset", offset: Number(text) };
  const timestampMs = readMoment(text, nowMs);
  if (timestampMs !== undefined) return { kind: "time", timestampMs };
  throw new UsageError(
    `--until is ${JSON.stringify(text)}: it takes an offset, a time (2026-11-25T10:00:00Z) or a duration before now (10m)`,
  );
}

/** @throws UsageError */
export function readStartingPoint(
  from: string | undefined,
  since: string | undefined,
  otherwise: StartingPoint,
  nowMs = Date.now(),
): StartingPoint {
  if (from !== undefined && since !== undefined) throw new UsageError("--from and --since: only one of them");
  if (since !== undefined) return { kind: "time", timestampMs: readWhen("--since", since, nowMs) };
  if (from === undefined) return otherwise;
  if (from === "earliest" || from === "latest") return { kind: from };
  const [, last] = /^end-(\d{1,15})$/.exec(from) ?? [];
  if (last !== undefined) return { kind: "last", records: Number(last) };
  if (/^\d{1,15}$/.test(from)) return { kind: "offset", offset: Number(from) };
  const meant = didYouMean(from, ["earliest", "latest"]);
  throw new UsageError(`--from is ${JSON.stringify(from)}: it takes ${WORDS}${meant}`);
}

/** A time or a duration before now. @throws UsageError */
export function readWhen(option: string, text: string, nowMs = Date.now()): number {
  const ms = readMoment(text, nowMs);
  if (ms !== undefined) return ms;
  throw new UsageError(
    `${option} is ${JSON.stringify(text)}: it takes a time (2026-11-25T10:00:00Z) or a duration before now (10m)`,
  );
}

/** A partition, what its log holds now, and where in it to begin. */
export interface Beginning extends TopicPartition {
  readonly start: number;
  readonly first: number;
  readonly end: number;
}

/** Within what each log holds. A partition that nobody leads is left out. */
export async function readBeginnings(
  admin: Admin,
  topics: readonly TopicDescription[],
  point: StartingPoint,
): Promise<Beginning[]> {
  const firsts = new OffsetTable(await readEnds(admin, topics, "earliest"));
  const ends = new OffsetTable(await readEnds(admin, topics, "latest"));
  const atThatTime =
    point.kind === "time" ? new OffsetTable(await atTime(admin, topics, point.timestampMs)) : undefined;
  return partitionsOf(topics).flatMap((place) => {
    const [first, end] = [firsts.at(place), ends.at(place)];
    if (first === null || end === null) return [];
    const wanted = startOf(point, first, end, atThatTime?.at(place) ?? end);
    return [{ ...place, first, end, start: Math.min(end, Math.max(first, wanted)) }];
  });
}

function startOf(point: StartingPoint, first: number, end: number, atThatTime: number): number {
  if (point.kind === "earliest") return first;
  if (point.kind === "latest") return end;
  if (point.kind === "offset") return point.offset;
  return point.kind === "last" ? end - point.records : atThatTime;
}

/** The same partitions, up to that point. */
export async function endAt(
  admin: Admin,
  topics: readonly TopicDescription[],
  beginnings: readonly Beginning[],
  point: EndPoint,
): Promise<Beginning[]> {
  if (point.kind === "end") return [...beginnings];
  const atThatTime =
    point.kind === "time" ? new OffsetTable(await atTime(admin, topics, point.timestampMs)) : undefined;
  return beginnings.map((of) => {
    const wanted = point.kind === "offset" ? point.offset : (atThatTime!.at(of) ?? of.end);
    return { ...of, end: Math.max(of.start, Math.min(of.end, wanted)) };
  });
}

/** Of these partitions those named, all if none are. @throws UsageError for one that is not there */
export function onlyPartitions(
  beginnings: readonly Beginning[],
  named: readonly string[],
): readonly Beginning[] {
  for (const name of named) {
    if (/^\d+$/.test(name) && beginnings.some(({ partition }) => partition === Number(name))) continue;
    const there = beginnings.map(placeOf).join(", ");
    throw new UsageError(
      `--partition is ${JSON.stringify(name)}: there is ${there || "none that could be asked"}`,
    );
  }
  return named.length === 0
    ? beginnings
    : beginnings.filter(({ partition }) => named.includes(String(partition)));
}
