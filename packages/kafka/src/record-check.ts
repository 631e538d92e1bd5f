/** Refuses what can't be a record before any of it reaches native code: types are TypeScript's promise only, callers may be JavaScript. */
import { KafkaError } from "./error.ts";
import { ErrCode } from "./native/error-codes.ts";
import { headerPairs } from "./native/tagged-record.ts";
import type { ProducerRecord } from "./record.ts";

/** @throws KafkaError `_INVALID_ARG` naming the field, and the record's place in its batch when given */
export function checkRecord(record: ProducerRecord, index?: number): void {
  const { key, value, partition, timestamp, headers } = record;
  if (!isBytes(value)) throw fault(index, "value must be a string, a Uint8Array or null");
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

function fault(index: number | undefined, message: string): KafkaError {
  const where = index === undefined ? "" : `record ${index}: `;
  return new KafkaError({ code: ErrCode.invalidArgument, operation: "produce", message: where + message });
}
