import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  DEAD_LETTER_MAX_BYTES,
  type DeadLetterHeaders,
  deadLetterRecord,
  deadLetterTopic,
  originalHeaders,
  readDeadLetterHeaders,
  type UnhandledRecord,
} from "./dead-letter.ts";

const NAMES = [
  "dlq.source.topic",
  "dlq.source.partition",
  "dlq.source.offset",
  "dlq.source.timestamp",
  "dlq.group",
  "dlq.error.class",
  "dlq.error.message",
  "dlq.first.seen",
  "dlq.attempts",
];

const bytes = fc.option(fc.uint8Array({ maxLength: 40 }));
const headerName = fc.oneof(fc.string({ maxLength: 10 }), fc.constantFrom(...NAMES, "dlq.omitted.bytes"));
const anyRecord: fc.Arbitrary<UnhandledRecord> = fc.record({
  topic: fc.string({ minLength: 1 }),
  partition: fc.nat(),
  offset: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  timestamp: fc.oneof(fc.constant(-1), fc.nat({ max: 8.64e15 })),
  key: bytes,
  value: bytes,
  headers: fc.array(fc.tuple(headerName, bytes), { maxLength: 5 }),
});

/** As they come back from Kafka: bytes. */
const consumed = (headers: DeadLetterHeaders) =>
  headers.map(([name, value]) => [name, value === null ? null : Buffer.from(value as Uint8Array)] as const);

const malformed = Object.assign(new Error("it has no value"), { name: "MalformedEventError" });
const record: UnhandledRecord = {
  topic: "order-events",
  partition: 2,
  offset: 41,
  timestamp: Date.UTC(2026, 0, 1, 12),
  key: Buffer.from("k"),
  value: Buffer.from([0, 255]),
  headers: [["trace", Buffer.from("t")]],
};
const letter = {
  record,
  group: "inventory-group",
  error: malformed,
  firstSeenMs: Date.UTC(2026, 0, 2),
  attempts: 3,
};

test("the topic stands beside its source", () => {
  expect(deadLetterTopic("order-events")).toBe("order-events.dlq");
});

test("the headers, by name", () => {
  const { key, value, headers } = deadLetterRecord(letter);
  expect([key, value]).toEqual([record.key, record.value]);
  expect(headers).toEqual([
    ["trace", Buffer.from("t")],
    ["dlq.source.topic", "order-events"],
    ["dlq.source.partition", "2"],
    ["dlq.source.offset", "41"],
    ["dlq.source.timestamp", "2026-01-01T12:00:00.000Z"],
    ["dlq.group", "inventory-group"],
    ["dlq.error.class", "MalformedEventError"],
    ["dlq.error.message", "it has no value"],
    ["dlq.first.seen", "2026-01-02T00:00:00.000Z"],
    ["dlq.attempts", "3"],
  ]);
});

test("any record comes through byte for byte, and its origin is read back, also where it was a dead letter before", () => {
  fc.assert(
    fc.property(
      anyRecord,
      fc.string(),
      fc.string({ maxLength: 1024, unit: "grapheme" }),
      fc.date({ min: new Date(0), noInvalidDate: true }),
      fc.integer({ min: 1, max: 1e9 }),
      (record, group, message, date, attempts) => {
        const text = message.slice(0, 1024).toWellFormed();
        const firstSeenMs = date.getTime();
        const made = deadLetterRecord({
          record,
          group,
          error: new RangeError(text),
          firstSeenMs,
          attempts,
        });
        expect(made.key).toEqual(record.key);
        expect(made.value).toEqual(record.value);
        const headers = consumed(made.headers);
        const own = made.headers.length - record.headers.length;
        expect(headers.slice(0, -own)).toEqual(consumed(record.headers));
        const origin = readDeadLetterHeaders(headers)!;
        expect({ ...origin, omittedBytes: null, timestampMs: -1 }).toEqual({
          topic: record.topic.toWellFormed(),
          partition: record.partition,
          offset: record.offset,
          timestampMs: -1,
          group: group.toWellFormed(),
          errorClass: "RangeError",
          errorMessage: text,
          firstSeenMs,
          attempts,
          omittedBytes: null,
        });
        if (record.timestamp >= 0) expect(origin.timestampMs).toBe(record.timestamp);
      },
    ),
  );
});

test("whoever sends a letter again gets the headers its record had", () => {
  const once = deadLetterRecord(letter);
  expect(originalHeaders(once.headers)).toEqual(record.headers);
  const again = deadLetterRecord({ ...letter, record: { ...record, headers: consumed(once.headers) } });
  expect(originalHeaders(consumed(again.headers))).toEqual(consumed(once.headers));
  expect(originalHeaders([])).toEqual([]);
});

test("a record too large to be kept leaves its place and its size", () => {
  const value = Buffer.alloc(DEAD_LETTER_MAX_BYTES);
  const made = deadLetterRecord({ ...letter, record: { ...record, value } });
  expect([made.key, made.value]).toEqual([null, null]);
  expect(readDeadLetterHeaders(made.headers)).toMatchObject({
    topic: "order-events",
    partition: 2,
    offset: 41,
    omittedBytes: value.length + 1 + "trace".length + 1 + 15,
  });
  expect(readDeadLetterHeaders(deadLetterRecord(letter).headers)?.omittedBytes).toBeNull();
});

test("a long message is cut, and never in the middle of a character", () => {
  const error = new Error(`${"x".repeat(1023)}\u{1f354}`);
  const { headers } = deadLetterRecord({ ...letter, error });
  expect(readDeadLetterHeaders(consumed(headers))?.errorMessage).toBe(`${"x".repeat(1023)}\ufffd`);
});

test("headers of another kind are no dead letter's", () => {
  expect(readDeadLetterHeaders([])).toBeNull();
  expect(readDeadLetterHeaders([["dlq.source.topic", "x"]])).toBeNull();
  const broken = deadLetterRecord(letter).headers.map(
    ([name, value]) => [name, name === "dlq.source.offset" ? "-1" : value] as const,
  );
  expect(readDeadLetterHeaders(broken)).toBeNull();
});
