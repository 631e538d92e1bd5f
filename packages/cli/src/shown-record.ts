/** Records for people and programs: key, value and headers as text where they are text, JSON and MessagePack taken apart. Pure. */
import { isMessagePack, parseMessagePack } from "@campus/events";
import type { ConsumerRecord } from "@campus/kafka";
import { formatTime } from "./moment.ts";

/** How the bytes of a value were read. `base64` is what is left for those that are nothing else. */
export type Encoding = "json" | "msgpack" | "text" | "base64";

export interface ShownRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** ISO 8601; null where the record has none. */
  readonly timestamp: string | null;
  /** Text, or base64 after `base64:` where the bytes are none; null for a record without a key. */
  readonly key: string | null;
  /** Null for a tombstone. */
  readonly value: unknown;
  readonly encoding: Encoding | null;
  readonly headers: readonly (readonly [name: string, value: string | null])[];
}

export function showRecord(record: ConsumerRecord): ShownRecord {
  const { topic, partition, offset, timestamp } = record;
  return {
    ...{ topic, partition, offset },
    timestamp: formatTime(timestamp),
    key: showBytes(record.key),
    ...decode(record.value),
    headers: record.headers.map(([name, value]) => [name, showBytes(value)] as const),
  };
}

/** Bytes as text where they are text. */
export function showBytes(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : (textOf(bytes) ?? `base64:${Buffer.from(bytes).toString("base64")}`);
}

/** JSON and MessagePack are told by what only they can be; text is the rest that is valid UTF-8. */
export function decode(bytes: Uint8Array | null): { value: unknown; encoding: Encoding | null } {
  if (bytes === null) return { value: null, encoding: null };
  const text = textOf(bytes);
  if (text !== undefined && /^\s*[[{"\d\-tfn]/.test(text)) {
    try {
      return { value: JSON.parse(text), encoding: "json" };
    } catch {
      // Text that only begins like JSON.
    }
  }
  // "@" and what follows it are letters and our event's structure numbers alike: text of letters only is taken for text.
  if (bytes[0] !== undefined && isMessagePack(bytes[0]) && (text === undefined || /\p{Cc}/u.test(text))) {
    try {
      const value = parseMessagePack(bytes);
      if (typeof value === "object" && value !== null) return { value, encoding: "msgpack" };
    } catch {
      // Bytes that only begin like MessagePack.
    }
  }
  if (text !== undefined) return { value: text, encoding: "text" };
  return { value: Buffer.from(bytes).toString("base64"), encoding: "base64" };
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** One line: the value as JSON, cut after so many characters. */
export function previewOf(
  { value, encoding }: Pick<ShownRecord, "value" | "encoding">,
  longest = 120,
): string {
  if (encoding === null) return "(tombstone)";
  const text = encoding === "text" || encoding === "base64" ? String(value) : JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
