import { expect, test } from "bun:test";
import {
  deadLetterRecord,
  decodeEvent,
  EncodedDecision,
  encodeEvent,
  readDeadLetterHeaders,
} from "@campus/events";
import type { ProducerRecord } from "@campus/kafka";
import fc from "fast-check";
import { createDecider, type DeciderOptions, type OrderRecord } from "./decider.ts";
import { createOrderWindow } from "./order-window.ts";
import { isReserved } from "./reservation.ts";
import { orderOf, recordOf, recordsOf } from "./testing.ts";

const NOW_MS = Date.UTC(2026, 0, 1, 12);
const never = new AbortController().signal;

function setUp(options: Partial<DeciderOptions> = {}) {
  const window = createOrderWindow(100);
  const decider = createDecider({
    isReserved,
    codec: "json",
    maxAttempts: 3,
    firstPauseMs: 1,
    now: () => NOW_MS,
    ...options,
  });
  return (records: readonly OrderRecord[], signal = never) => decider(records, window, signal);
}

const decisionsIn = (records: readonly ProducerRecord[]) =>
  records.map(({ key, value }) => ({ key, event: decodeEvent(bytesOf(value)) }));

function bytesOf(value: ProducerRecord["value"]): Uint8Array {
  if (!(value instanceof EncodedDecision)) return value as Uint8Array;
  const bytes = Buffer.alloc(value.maxBytes);
  value.writeTo(bytes, 0);
  return bytes;
}

test("every order gets one outcome under its own key, in order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.uuid(), { minLength: 1, maxLength: 50 }), async (ids) => {
      const { outcomes, letters, ...counts } = await setUp()(recordsOf(ids.map(orderOf)));
      const reserved = ids.filter(isReserved).length;
      expect(counts).toEqual({ reserved, failed: ids.length - reserved, repeated: 0 });
      expect(letters).toEqual([]);
      expect(decisionsIn(outcomes) as unknown).toEqual(
        ids.map((order_id) => ({
          key: order_id,
          event: {
            event_id: expect.any(String),
            event_type: isReserved(order_id) ? "InventoryReserved" : "InventoryFailed",
            order_id,
            timestamp: "2026-01-01T12:00:00.000Z",
            success: isReserved(order_id),
          },
        })),
      );
    }),
    { numRuns: 20 },
  );
});

test("outcomes are written in the codec that is set, orders are read in either", async () => {
  const [a, b] = [orderOf(), orderOf()];
  const records = [recordOf(encodeEvent(a, "json")), recordOf(encodeEvent(b, "msgpack"), 1)];
  const { outcomes } = await setUp({ codec: "msgpack" })(records);
  expect(outcomes.map(({ value }) => value instanceof Uint8Array)).toEqual([true, true]);
  expect(decisionsIn(outcomes).map(({ key }) => key)).toEqual([a.order_id, b.order_id]);
});

test("an order that comes again is decided once, also in a batch that is read again", async () => {
  const order = orderOf();
  const decider = setUp();
  const records = recordsOf([order, order, orderOf()]);
  for (const _ of [1, 2]) {
    const { outcomes, repeated } = await decider(records);
    expect([outcomes.length, repeated]).toEqual([2, 1]);
  }
  expect(await decider(recordsOf([order], 9))).toMatchObject({ outcomes: [], repeated: 1 });
});

test("what is no order becomes a dead letter at once and whole, and the rest goes on", async () => {
  const order = orderOf();
  const foreign = { ...order, event_type: "InventoryReserved", success: true } as const;
  const records = [
    recordOf("{}", 7),
    recordOf(encodeEvent(order), 8),
    recordOf(null, 9),
    recordOf(encodeEvent(foreign), 10),
    recordOf(Uint8Array.of(0x7b, 0xff), 11),
  ];
  const { outcomes, letters } = await setUp()(records);
  expect(decisionsIn(outcomes).map(({ key }) => key)).toEqual([order.order_id]);
  expect(letters.map(({ key, value }) => [String(key), value])).toEqual(
    [0, 2, 3, 4].map((index) => ["key", records[index]!.value]),
  );
  expect(letters.map(({ headers }) => readDeadLetterHeaders(headers))).toMatchObject([
    { topic: "order-events", partition: 1, offset: 7, group: "inventory-group", attempts: 1 },
    { offset: 9, errorClass: "MalformedEventError", errorMessage: expect.stringContaining("no value") },
    { offset: 10, errorClass: "UnexpectedEventError", errorMessage: "InventoryReserved is no order" },
    { offset: 11, errorMessage: expect.stringContaining("not valid UTF-8") },
  ]);
});

test("what can't be decided is tried again, and keeps its place", async () => {
  const orders = [orderOf(), orderOf(), orderOf()];
  let failures = 2;
  const decider = setUp({
    isReserved(orderId) {
      if (orderId === orders[1]!.order_id && failures-- > 0) throw new Error("no luck");
      return isReserved(orderId);
    },
  });
  const { outcomes, letters } = await decider(recordsOf(orders));
  expect(outcomes.map(({ key }) => key)).toEqual(orders.map(({ order_id }) => order_id));
  expect(letters).toEqual([]);
});

test("what can't be decided for good becomes a dead letter, many as quickly as one", async () => {
  const attempts = new Map<string, number>();
  const decider = setUp({
    firstPauseMs: 20,
    isReserved(orderId) {
      attempts.set(orderId, (attempts.get(orderId) ?? 0) + 1);
      throw new RangeError("no stock is known");
    },
  });
  const from = performance.now();
  const { outcomes, letters } = await decider(recordsOf(Array.from({ length: 200 }, () => orderOf())));
  // Two pauses, of 20 and 40 ms; one after the other would take 12 s.
  expect(performance.now() - from).toBeLessThan(5_000);
  expect(outcomes).toEqual([]);
  expect([...new Set(attempts.values())]).toEqual([3]);
  expect(letters).toHaveLength(200);
  expect(readDeadLetterHeaders(letters[199]!.headers)).toMatchObject({
    offset: 199,
    errorClass: "RangeError",
    errorMessage: "no stock is known",
    attempts: 3,
    firstSeenMs: NOW_MS,
  });
});

test("a dead letter that is sent again by hand is decided, though its id was seen; another group's is not", async () => {
  const order = orderOf();
  let isBroken = true;
  const decider = setUp({
    maxAttempts: 1,
    isReserved(orderId) {
      if (isBroken) throw new Error("no luck");
      return isReserved(orderId);
    },
  });
  const record = recordsOf([order], 5)[0]!;
  const [letter] = (await decider([record])).letters;
  isBroken = false;
  expect(await decider(recordsOf([order], 6))).toMatchObject({ outcomes: [], repeated: 1 });
  const headers = letter!.headers.map(([name, value]) => [name, Buffer.from(value as string)] as const);
  const { outcomes } = await decider([{ ...record, offset: 7, headers }]);
  expect(outcomes.map(({ key }) => key)).toEqual([order.order_id]);
  const error = new Error("not counted");
  const other = deadLetterRecord({ record, group: "analytics-group", error, firstSeenMs: 0, attempts: 1 });
  const others = other.headers.map(([name, value]) => [name, Buffer.from(value as string)] as const);
  expect((await decider([{ ...record, offset: 8, headers: others }])).repeated).toBe(1);
});

test("the end of the partition ends a pause", async () => {
  const ending = new AbortController();
  const reason = new Error("lost");
  const decider = setUp({
    firstPauseMs: 3_600_000,
    isReserved() {
      queueMicrotask(() => ending.abort(reason));
      throw new Error("no luck");
    },
  });
  const error = await decider(recordsOf([orderOf()]), ending.signal).catch((error) => error);
  expect(error).toBe(reason);
});

test("an order's trace goes on to its outcome, and nothing else of its headers", async () => {
  const [traced, plain, odd] = [orderOf(), orderOf(), orderOf()];
  const traceparent = Buffer.from("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const withHeaders = (order: typeof traced, offset: number, headers: OrderRecord["headers"]) => ({
    ...recordOf(encodeEvent(order), offset),
    headers,
  });
  const { outcomes } = await setUp()([
    withHeaders(traced, 0, [
      ["other", Buffer.from("x")],
      ["traceparent", traceparent],
      ["tracestate", Buffer.from("a=1")],
    ]),
    withHeaders(plain, 1, []),
    withHeaders(odd, 2, [["tracestate", Buffer.from("a=1")]]),
  ]);
  expect(outcomes.map(({ headers }) => headers) as unknown).toEqual([
    [
      ["traceparent", traceparent],
      ["tracestate", Buffer.from("a=1")],
    ],
    undefined,
    undefined,
  ]);
});
