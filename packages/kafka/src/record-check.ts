/** Refuses what can't be a record before any of it reaches native code: types are TypeScript's promise only, callers may be JavaScript. */
import { KafkaError } from "./error.ts";
import { ErrCode } from "./native/error-codes.ts";
import { headerPairs } from "./native/tagged-record.ts";
import type { ProducerRecord } from "./record.ts";

/** @throws KafkaError `_INVALID_ARG` naming the field, and the record's place in its batch when given */
export function checkRecord(record: ProducerRecord, index?: number): void {
  const { key, value, partition, timestamp, headers } = record;
  if (!isBytes(value) && !isWriter(value))
    throw fault(index, "value must be a string, a Uint8Array, null or a ValueWriter");
  if (key !== undefined && !isBytes(key)) throw fault(index, "key must be a string, a Uint8Array or null");
  if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0 && partition < 2 ** 31)) {
    throw fault(index, "partition must be an integer from 0");
  }
  if (timestamp !== undefined && !(Number.isSafeInteger(timestamp) && timestamp > 0)) {
    throw fault(index, "timestamp must be positive integer milliseconds since the epoch");
  }
  if (headers === undefined) return;
  for (const [name, content] of headerPairs(headers)) {
    if (typeof name !== "string" || name.includes("\0"))
      throw fault(index, "a header's name must be a string without NUL");
    if (!isBytes(content)) throw fault(index, `header "${name}" must be a string, a Uint8Array or null`);
  }
}

function isBytes(value: unknown): boolean {
  return typeof value === "string" || value === null || value instanceof Uint8Array;
}

function isWriter(value: ProducerRecord["value"] | undefined): boolean {
  if (typeof value !== "object" || value === null || !("writeTo" in value)) return false;
  const { writeTo, maxBytes } = value;
  return typeof writeTo === "function" && Number.isSafeInteger(maxBytes) && maxBytes >= 0;
}

/** The refusal of a record whose value could not write itself. */
export function unwritten(thrown: unknown): KafkaError {
  return new KafkaError({
    code: ErrCode.invalidArgument,
    operation: "produce",
    message: `the value could not be written: ${thrown instanceof Error ? thrown.message : thrown}`,
    cause: thrown,
  });
}

function fault(index: number | undefined, message: string): KafkaError {
  const where = index === undefined ? "" : `record ${index}: `;
  return new KafkaError({ code: ErrCode.invalidArgument, operation: "produce", message: where + message });
}
