import { expect, test } from "bun:test";
import { encodeEvent } from "@campus/events";
import fc from "fast-check";
import { type ScannedOrders, scanOrders } from "./scanned-orders.ts";
import { anyBatchText, readWritten } from "./testing.ts";
import { createOrderWriter, type WrittenEvent } from "./written-orders.ts";

const TIMESTAMP = "2026-03-04T05:06:07.089Z";

function written({ value }: WrittenEvent): string {
  const target = Buffer.alloc(value.maxBytes);
  return target.toString("utf8", 0, value.writeTo(target, 0));
}

test("each event is what encodeEvent writes of the same order, of valid batches in any form", () => {
  const write = createOrderWriter();
  let tried = 0;
  fc.assert(
    fc.property(anyBatchText, ({ text, orders }) => {
      const scanned = scanOrders(Buffer.from(text));
      if (scanned === undefined) return;
      tried += 1;
      const { events, idList } = write(scanned, TIMESTAMP);
      expect(JSON.parse(`["${idList}"]`)).toEqual(events.map(({ key }) => key));
      for (const [index, event] of events.entries()) {
        const placed = readWritten(event);
        expect(placed).toMatchObject({ timestamp: TIMESTAMP, payload: orders[index]! });
        const text = written(event);
        const { event_id } = JSON.parse(text);
        expect(event_id).not.toBe(placed.order_id);
        expect(text).toBe(encodeEvent({ ...placed, event_id }) as string);
      }
    }),
    { numRuns: 1000 },
  );
  expect(tried).toBeGreaterThan(100);
});

test("the longest order is within the bound", () => {
  const order = { user_id: "u".repeat(128), item: "i".repeat(256), quantity: 1000 };
  const scanned = scanOrders(Buffer.from(JSON.stringify({ orders: [order] }))) as ScannedOrders;
  const [event] = createOrderWriter()(scanned, TIMESTAMP).events as [WrittenEvent];
  expect(written(event)).toHaveLength(event.value.maxBytes);
  expect(readWritten(event).payload).toEqual(order);
});

test("events of several batches may be written in turns, each with its own time", () => {
  const write = createOrderWriter();
  const scanned = scanOrders(
    Buffer.from('{"orders":[{"user_id":"u","item":"i","quantity":1}]}'),
  ) as ScannedOrders;
  const later = "2026-03-04T05:06:07.090Z";
  const [[first], [second]] = [write(scanned, TIMESTAMP).events, write(scanned, later).events];
  for (let turn = 0; turn < 3; turn++) {
    expect(readWritten(first!).timestamp).toBe(TIMESTAMP);
    expect(readWritten(second!).timestamp).toBe(later);
  }
});
