import { expect, test } from "bun:test";
import { decodeEvent, encodeEvent } from "@campus/events";
import { createOrderPlacer, createTimestamps } from "./order.ts";

const request = { user_id: "user123", item: "Burger", quantity: 2 };

test("an order becomes an event with ids and a time of its own", () => {
  const ids = ["event", "order"];
  const placeOrder = createOrderPlacer({ newId: () => ids.shift() ?? "", now: () => 1_772_600_767_089 });
  expect(placeOrder(request)).toEqual({
    event_id: "event",
    event_type: "OrderPlaced",
    order_id: "order",
    timestamp: "2026-03-04T05:06:07.089Z",
    payload: request,
  });
});

test("by default ids are UUIDs, never the same, and the event is one of the contract", () => {
  const placeOrder = createOrderPlacer();
  const events = Array.from({ length: 1000 }, () => placeOrder(request));
  expect(new Set(events.flatMap(({ event_id, order_id }) => [event_id, order_id])).size).toBe(2000);
  for (const event of events) {
    expect(decodeEvent(Buffer.from(encodeEvent(event) as string))).toEqual(event);
  }
  expect(Math.abs(Date.parse(events[0]?.timestamp ?? "") - Date.now())).toBeLessThan(5000);
});

test("the time is written out once a millisecond and never stands still", () => {
  let now = 0;
  const timestamp = createTimestamps(() => now);
  const first = timestamp();
  expect(timestamp()).toBe(first);
  now = 1;
  expect(timestamp()).toBe("1970-01-01T00:00:00.001Z");
  now = 0;
  expect(timestamp()).toBe(first);
});
