/** A file that keeps what a group had committed, and brings it back. Pure but for reading and writing it. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { TopicPartitionOffset } from "@campus/kafka";
import { failed, UsageError } from "./exit-code.ts";
import { comparePartitions } from "./topics.ts";

const FORMAT = "campus-orders offsets 1";

export interface OffsetsFile {
  readonly format: typeof FORMAT;
  readonly group: string;
  /** ISO 8601. */
  readonly savedAt: string;
  /** Null where nothing was committed. */
  readonly offsets: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number | null;
  }[];
}

export function offsetsFileOf(
  group: string,
  offsets: OffsetsFile["offsets"],
  nowMs = Date.now(),
): OffsetsFile {
  return {
    format: FORMAT,
    group,
    savedAt: new Date(nowMs).toISOString(),
    offsets: offsets
      .map(({ topic, partition, offset }) => ({ topic, partition, offset }))
      .toSorted(comparePartitions),
  };
}

/** `analytics-group-20261125T100000123Z.offsets.json`, in this folder. */
export function backupName(group: string, nowMs = Date.now()): string {
  const time = new Date(nowMs).toISOString().replace(/[-:.]/g, "");
  return `${group.replace(/[^\w.-]/g, "_")}-${time}.offsets.json`;
}

/** Whole or not at all, and never over another file. @throws CommandError */
export function writeOffsetsFile(path: string, file: OffsetsFile): void {
  if (existsSync(path)) throw failed(`${path} exists already: name another file, or move it away.`);
  try {
    const half = `${path}.${process.pid}.new`;
    writeFileSync(half, `${JSON.stringify(file, null, 2)}\n`, { flag: "wx", flush: true });
    renameSync(half, path);
  } catch (error) {
    throw failed(`The offsets can't be kept in ${path}: ${(error as Error).message}`, error);
  }
}

/** @throws UsageError that says what is wrong with the file */
export function readOffsetsFile(path: string): OffsetsFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`${path} can't be read: ${(error as Error).message}`);
  }
  const file = parse(text);
  if (typeof file === "string") throw new UsageError(`${path} is no file of offsets: ${file}`);
  return file;
}

function parse(text: string): OffsetsFile | string {
  let value: Partial<OffsetsFile>;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is not JSON";
  }
  if (value?.format !== FORMAT) return `its "format" is not "${FORMAT}"`;
  if (typeof value.group !== "string" || value.group === "") return `it has no "group"`;
  if (!Array.isArray(value.offsets) || value.offsets.length === 0) return `it has no "offsets"`;
  const places = new Set<string>();
  for (const [i, entry] of value.offsets.entries()) {
    const { topic, partition, offset } = entry ?? {};
    const isPlace =
      typeof topic === "string" && topic !== "" && Number.isSafeInteger(partition) && partition! >= 0;
    if (!isPlace) return `offsets[${i}] has no topic and partition`;
    if (offset !== null && !(Number.isSafeInteger(offset) && offset! >= 0))
      return `offsets[${i}] has no "offset", a whole number from 0 on or null`;
    if (places.has(`${topic}/${partition}`)) return `${topic}/${partition} is in it twice`;
    places.add(`${topic}/${partition}`);
  }
  return value as OffsetsFile;
}

/** What of it can be set. Kafka has no way to set "nothing committed" beside other offsets: those are left as they are. */
export function offsetsIn({ offsets }: OffsetsFile): TopicPartitionOffset[] {
  return offsets.flatMap(({ topic, partition, offset }) =>
    offset === null ? [] : [{ topic, partition, offset }],
  );
}
