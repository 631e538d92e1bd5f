import { expect, test } from "bun:test";
import { encodeEvent } from "@campus/events";
import fc from "fast-check";
import { type ScannedOrders, scanBatch, scanOrder } from "./scanned-orders.ts";
import { anyBatchText, placedBy } from "./testing.ts";
import { createOrderWriter, type WrittenEvent } from "./written-orders.ts";

const TIMESTAMP = "2026-03-04T05:06:07.089Z";

function bytesOf({ value }: WrittenEvent): string {
  const target = Buffer.alloc(value.maxBytes);
  return target.toString("utf8", 0, value.writeTo(target, 0));
}

test("each event is what encodeEvent writes of the same order, of valid batches in any form", () => {
  const { writeBatch } = createOrderWriter();
  let tried = 0;
  fc.assert(
    fc.property(anyBatchText, ({ text, orders, isEscaped }) => {
      const scanned = scanBatch(Buffer.from(text));
      if (scanned === undefined) return;
      tried += 1;
      const { events, idList } = writeBatch(scanned, TIMESTAMP);
      expect(JSON.parse(`["${idList}"]`)).toEqual(events.map(({ key }) => key));
      for (const [index, event] of events.entries()) {
        const placed = placedBy(event);
        expect(placed).toMatchObject({ timestamp: TIMESTAMP, payload: orders[index]! });
        const text = bytesOf(event);
        const { event_id } = JSON.parse(text);
        expect(event_id).not.toBe(placed.order_id);
        if (!isEscaped) expect(text).toBe(encodeEvent({ ...placed, event_id }) as string);
      }
    }),
    { numRuns: 1000 },
  );
  expect(tried).toBeGreaterThan(100);
});

test("a single order's event is the same but for its ids, and has the id it was given", () => {
  const { writeOrder } = createOrderWriter();
  const orderId = crypto.randomUUID();
  let tried = 0;
  fc.assert(
    fc.property(anyBatchText, ({ text, orders, isEscaped }) => {
      const scanned = scanOrder(Buffer.from(text.slice(text.indexOf("[") + 1, text.lastIndexOf("]"))));
      if (scanned === undefined) return;
      tried += 1;
      const event = writeOrder(scanned, orderId, TIMESTAMP);
      const placed = placedBy(event);
      expect(placed).toMatchObject({ order_id: orderId, timestamp: TIMESTAMP, payload: orders[0]! });
      const written = bytesOf(event);
      if (isEscaped) return;
      expect(written).toBe(encodeEvent({ ...placed, event_id: JSON.parse(written).event_id }) as string);
    }),
    { numRuns: 1000 },
  );
  expect(tried).toBeGreaterThan(30);
});

test("the longest order is within the bound", () => {
  const order = { user_id: "u".repeat(128), item: "i".repeat(256), quantity: 1000 };
  const scanned = scanBatch(Buffer.from(JSON.stringify({ orders: [order] }))) as ScannedOrders;
  const [event] = createOrderWriter().writeBatch(scanned, TIMESTAMP).events as [WrittenEvent];
  expect(bytesOf(event)).toHaveLength(event.value.maxBytes);
  expect(placedBy(event).payload).toEqual(order);
});

test("events of several batches may be written in turns, each with its own time", () => {
  const { writeBatch } = createOrderWriter();
  const scanned = scanBatch(
    Buffer.from('{"orders":[{"user_id":"u","item":"i","quantity":1}]}'),
  ) as ScannedOrders;
  const later = "2026-03-04T05:06:07.090Z";
  const [[first], [second]] = [writeBatch(scanned, TIMESTAMP).events, writeBatch(scanned, later).events];
  for (let turn = 0; turn < 3; turn++) {
    expect(placedBy(first!).timestamp).toBe(TIMESTAMP);
    expect(placedBy(second!).timestamp).toBe(later);
  }
});
