/**
 * A checkpoint as text, and what the metadata of an offset commit may say. Both name the offset they stand for: a tool that moves the group's offset
 * can't take counts along that belong to another one.
 */
import type { Counts } from "./metrics.ts";
import { readWindow } from "./window.ts";

/** Brokers refuse commits with more metadata than their `offset.metadata.max.bytes`, 4096 by default. */
export const METADATA_MAX_BYTES = 4096;

/** The counts of a partition up to an offset. Change `version` with the meaning of any field. */
interface Written {
  readonly version: 1;
  /** The offset these counts reach up to. */
  readonly offset: number;
  readonly orders: number;
  readonly reserved: number;
  readonly failed: number;
  readonly last_minute: string;
}

/** In place of counts in a commit's metadata: analytics has committed this offset, and its counts lie in the state topic. */
interface Pointer {
  readonly version: 2;
  readonly offset: number;
  readonly counts_in: "topic";
}

/** What a commit says about the counts that belong to its offset. */
export type Commit =
  | { readonly kind: "counts"; readonly counts: Counts }
  | { readonly kind: "pointer" }
  /** Nothing: the offset was set by hand, by a tool. */
  | { readonly kind: "none" };

/** The counts of all before `offset`, the next one to read, as text. */
export function writeCheckpoint(offset: number, counts: Counts): string {
  const { orders, reserved, failed, lastMinute } = counts;
  const written: Written = { version: 1, offset, orders, reserved, failed, last_minute: lastMinute.write() };
  return JSON.stringify(written);
}

/**
 * What `writeCheckpoint` wrote.
 * @throws RangeError when it is something else, or of a version this program does not know
 */
export function readCheckpoint(text: string): { readonly offset: number; readonly counts: Counts } {
  const value = parse(text);
  if (value?.version !== 1) throw foreign(text, value);
  const { offset, orders, reserved, failed, last_minute } = value;
  const isWhole = [offset, orders, reserved, failed].every((n) => Number.isSafeInteger(n) && Number(n) >= 0);
  if (!isWhole || typeof last_minute !== "string") throw foreign(text, undefined);
  const counts = { orders, reserved, failed } as Pick<Counts, "orders" | "reserved" | "failed">;
  return { offset: offset as number, counts: { ...counts, lastMinute: readWindow(last_minute) } };
}

/** The metadata of a commit whose counts lie in the state topic. */
export function writePointer(offset: number): string {
  return JSON.stringify({ version: 2, offset, counts_in: "topic" } satisfies Pointer);
}

/**
 * What a committed offset and its metadata say. Metadata of another offset than the committed one was left behind by a tool that moved it.
 * @throws RangeError when the metadata is not ours, or of a version this program does not know
 */
export function readCommit(offset: number, metadata: string | undefined): Commit {
  if (metadata === undefined || metadata === "") return { kind: "none" };
  const value = parse(metadata);
  if (value?.version === 2 && value.counts_in === "topic")
    return { kind: value.offset === offset ? "pointer" : "none" };
  const checkpoint = readCheckpoint(metadata);
  return checkpoint.offset === offset ? { kind: "counts", counts: checkpoint.counts } : { kind: "none" };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function foreign(text: string, value: Record<string, unknown> | undefined): RangeError {
  const shown = JSON.stringify(text.slice(0, 80));
  return new RangeError(
    typeof value?.version === "number" && "offset" in value
      ? `version ${value.version} of analytics' format is not known to this program: ${shown}. Run the program that wrote it.`
      : `analytics did not write this: ${shown}.`,
  );
}
