/**
 * Dead letters: what a group puts aside because it can't handle it, in a topic beside the one it came from. Such a record is the original, byte
 * for byte (key, value and headers), followed by headers that say where it lay, who gave up on it and why. So it can be mended and sent
 * again, by this project's tools or any other.
 *
 * | header | what | absent |
 * |---|---|---|
 * | `dlq.source.topic` | topic it was read from | never |
 * | `dlq.source.partition` | partition, decimal | never |
 * | `dlq.source.offset` | offset, decimal | never |
 * | `dlq.source.timestamp` | the record's own time, ISO 8601 | it had none |
 * | `dlq.group` | consumer group that gave up on it; another group may well have handled it | never |
 * | `dlq.error.class` | class of the error, e.g. `MalformedEventError` | never |
 * | `dlq.error.message` | what was wrong, for a person, at most 1024 characters | never |
 * | `dlq.first.seen` | when the group first tried it, ISO 8601 | never |
 * | `dlq.attempts` | how often the group tried it, decimal | never |
 * | `dlq.omitted.bytes` | the original was too large to be kept beside these headers: how many bytes it had. Key, value and headers are left out; the place says where they still lie | it is there whole |
 *
 * A record that came back from a dead-letter topic and failed again carries these twice: the last of a name counts.
 */

/** Where records go that a group could not handle. */
export function deadLetterTopic(topic: string): string {
  return `${topic}.dlq`;
}

/**
 * The largest dead letter, as `max.message.bytes` of its topic and `message.max.bytes` of who writes there: twice what Kafka takes elsewhere, so that the
 * largest record and the headers fit.
 */
export const DEAD_LETTER_MAX_BYTES = 2 * 1024 * 1024;

/** Names and values of headers, in order. */
export type DeadLetterHeaders = readonly (readonly [name: string, value: string | Uint8Array | null])[];

/** A consumed record, as far as it matters here; `ConsumerRecord` of `@campus/kafka` is one. */
export interface UnhandledRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Milliseconds since 1970; -1 where the record has none. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[];
}

/** A record that can't be handled, and how it came to that. */
export interface DeadLetter {
  readonly record: UnhandledRecord;
  /** The consumer group that gives up on it. */
  readonly group: string;
  /** What the last attempt failed with. */
  readonly error: Error;
  /** When the group first tried it, milliseconds since 1970. */
  readonly firstSeenMs: number;
  /** How often the group tried it, at least once. */
  readonly attempts: number;
}

/** A record to produce to `deadLetterTopic` of its source. */
export interface DeadLetterRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: DeadLetterHeaders;
}

const NAMES = {
  topic: "dlq.source.topic",
  partition: "dlq.source.partition",
  offset: "dlq.source.offset",
  timestamp: "dlq.source.timestamp",
  group: "dlq.group",
  errorClass: "dlq.error.class",
  errorMessage: "dlq.error.message",
  firstSeen: "dlq.first.seen",
  attempts: "dlq.attempts",
  omittedBytes: "dlq.omitted.bytes",
} as const;

const OWN_NAMES: ReadonlySet<string> = new Set(Object.values(NAMES));

const MESSAGE_MAX_CHARACTERS = 1024;
/** Room for the headers above and for the framing of a record and its batch. */
const OVERHEAD_BYTES = 16 * 1024;
/** Framing of one header: three varints at their longest. */
const HEADER_FRAMING_BYTES = 15;

/** The record that stands for a letter in its dead-letter topic. */
export function deadLetterRecord({
  record,
  group,
  error,
  firstSeenMs,
  attempts,
}: DeadLetter): DeadLetterRecord {
  const { topic, partition, offset, timestamp, key, value } = record;
  const own: [string, string][] = [
    [NAMES.topic, topic],
    [NAMES.partition, String(partition)],
    [NAMES.offset, String(offset)],
    ...(timestamp >= 0 ? [[NAMES.timestamp, isoTime(timestamp)] as [string, string]] : []),
    [NAMES.group, group],
    [NAMES.errorClass, error.name.slice(0, MESSAGE_MAX_CHARACTERS)],
    [NAMES.errorMessage, error.message.slice(0, MESSAGE_MAX_CHARACTERS).toWellFormed()],
    [NAMES.firstSeen, isoTime(firstSeenMs)],
    [NAMES.attempts, String(attempts)],
  ];
  const bytes = sizeOf(record);
  if (bytes + OVERHEAD_BYTES <= DEAD_LETTER_MAX_BYTES)
    return { key, value, headers: [...record.headers, ...own] };
  return { key: null, value: null, headers: [...own, [NAMES.omittedBytes, String(bytes)]] };
}

/** What the headers of a dead letter say. */
export interface DeadLetterOrigin {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Of the original record, milliseconds since 1970; -1 where it had none. */
  readonly timestampMs: number;
  readonly group: string;
  readonly errorClass: string;
  readonly errorMessage: string;
  /** Milliseconds since 1970. */
  readonly firstSeenMs: number;
  readonly attempts: number;
  /** How many bytes the original had, where it was too large to be kept; null where the letter holds it whole. */
  readonly omittedBytes: number | null;
}

/** What the headers say of where a dead letter comes from; null when they are not those of one (a stray record in the topic). */
export function readDeadLetterHeaders(headers: DeadLetterHeaders): DeadLetterOrigin | null {
  const found = new Map<string, string>();
  for (const [name, value] of headers) {
    if (OWN_NAMES.has(name) && value !== null) found.set(name, Buffer.from(value as Uint8Array).toString());
  }
  const number = (name: string) => wholeNumber(found.get(name));
  const time = (name: string) => Date.parse(found.get(name) ?? "");
  const [topic, group] = [found.get(NAMES.topic), found.get(NAMES.group)];
  const [partition, offset, attempts] = [
    number(NAMES.partition),
    number(NAMES.offset),
    number(NAMES.attempts),
  ];
  const firstSeenMs = time(NAMES.firstSeen);
  if (topic === undefined || group === undefined || Number.isNaN(firstSeenMs)) return null;
  if (partition === null || offset === null || attempts === null) return null;
  const timestampMs = time(NAMES.timestamp);
  return {
    topic,
    partition,
    offset,
    timestampMs: Number.isNaN(timestampMs) ? -1 : timestampMs,
    group,
    errorClass: found.get(NAMES.errorClass) ?? "",
    errorMessage: found.get(NAMES.errorMessage) ?? "",
    firstSeenMs,
    attempts,
    omittedBytes: number(NAMES.omittedBytes),
  };
}

/** The headers the original had: those of a dead letter without what `deadLetterRecord` added, for whoever sends it again. */
export function originalHeaders<T extends readonly [name: string, value: unknown]>(
  headers: readonly T[],
): readonly T[] {
  let end = headers.length;
  const dropped = new Set<string>();
  // Only the last run of them, and each name once: what stands before came with the record.
  while (end > 0) {
    const name = headers[end - 1]![0];
    if (!OWN_NAMES.has(name) || dropped.has(name)) break;
    dropped.add(name);
    end--;
  }
  return headers.slice(0, end);
}

function sizeOf({ key, value, headers }: UnhandledRecord): number {
  const headerBytes = headers.reduce(
    (sum, [name, bytes]) => sum + Buffer.byteLength(name) + (bytes?.length ?? 0) + HEADER_FRAMING_BYTES,
    0,
  );
  return (key?.length ?? 0) + (value?.length ?? 0) + headerBytes;
}

/** A time no calendar has (a client may write any) becomes the nearest one that ISO 8601 can say. */
function isoTime(ms: number): string {
  return new Date(Math.min(ms, 8.64e15)).toISOString();
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : null;
}
