/**
 * The counts of a partition as they are kept beside the offset they belong to, in the metadata of Kafka's offset
 * commit. Offset and counts are one record there, so they can't come apart: a restart goes on from both, an instance
 * that takes a partition over finds both, and a tool that resets the offset wipes the counts with it.
 */
import { type Counts, createCounts } from "./metrics.ts";
import { readWindow } from "./window.ts";

/** Brokers refuse commits with more metadata than their `offset.metadata.max.bytes`, 4096 by default. */
export const METADATA_MAX_BYTES = 4096;

/** What stands in the metadata. Change `version` with the meaning of any field. */
interface Written {
  readonly version: 1;
  /** The offset these counts reach up to: guards against a tool that moves the offset and keeps the metadata. */
  readonly offset: number;
  readonly orders: number;
  readonly reserved: number;
  readonly failed: number;
  readonly last_minute: string;
}

/** The metadata for a commit of `offset`, the next one to read, when all before it is in `counts`. */
export function writeCheckpoint(offset: number, counts: Counts): string {
  const { orders, reserved, failed, lastMinute } = counts;
  const written: Written = { version: 1, offset, orders, reserved, failed, last_minute: lastMinute.write() };
  return JSON.stringify(written);
}

/**
 * The counts that belong to a committed offset. Without metadata, or with that of another offset, the offset was set
 * by hand (a reset by a tool) and counting starts from there, at zero.
 * @throws RangeError when the metadata is there but not ours, or of a version this one can't read
 */
export function readCheckpoint(offset: number, metadata: string | undefined): Counts {
  if (metadata === undefined || metadata === "") return createCounts();
  const written = parse(metadata);
  if (written === undefined) {
    throw new RangeError(
      `commit metadata that analytics did not write: ${JSON.stringify(metadata.slice(0, 80))}`,
    );
  }
  if (written.offset !== offset) return createCounts();
  const { orders, reserved, failed, last_minute } = written;
  return { orders, reserved, failed, lastMinute: readWindow(last_minute) };
}

function parse(metadata: string): Written | undefined {
  let value: unknown;
  try {
    value = JSON.parse(metadata);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { version, offset, orders, reserved, failed, last_minute } = value as Record<string, unknown>;
  const whole = [offset, orders, reserved, failed].every((n) => Number.isSafeInteger(n) && Number(n) >= 0);
  return version === 1 && whole && typeof last_minute === "string" ? (value as Written) : undefined;
}
