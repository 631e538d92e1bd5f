/** Values that write themselves, held to what they promised: what is counted must be what is there. */
import type { Bytes, ValueWriter } from "../record.ts";

export function isValueWriter(value: Bytes | ValueWriter): value is ValueWriter {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}

/** Has the value written, and returns its length. @throws RangeError for a length it can't have; whatever the writer throws */
export function writeValue(writer: ValueWriter, target: Buffer, offset: number): number {
  const written = writer.writeTo(target, offset);
  const most = Math.min(writer.maxBytes, target.length - offset);
  if (Number.isInteger(written) && written >= 0 && written <= most) return written;
  throw new RangeError(`writeTo returned ${written}, which is no number of bytes from 0 to ${most}`);
}

/** The value in memory of its own. @throws as `writeValue` */
export function writtenValue(writer: ValueWriter): Buffer {
  const target = Buffer.alloc(writer.maxBytes);
  return target.subarray(0, writeValue(writer, target, 0));
}
