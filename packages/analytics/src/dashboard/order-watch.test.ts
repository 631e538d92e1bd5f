import { expect, test } from "bun:test";
import type { Event } from "@campus/events";
import { createOrderWatch } from "./order-watch.ts";

const START_MS = Date.UTC(2026, 0, 1, 12);

function placed(order_id: string, atMs = START_MS): Event {
  const timestamp = new Date(atMs).toISOString();
  const payload = { user_id: "u", item: "Burger", quantity: 2 };
  return { event_id: "e", event_type: "OrderPlaced", order_id, timestamp, payload };
}

function decided(order_id: string, success = true): Event {
  const timestamp = new Date(START_MS).toISOString();
  return success
    ? { event_id: "e", event_type: "InventoryReserved", order_id, timestamp, success }
    : { event_id: "e", event_type: "InventoryFailed", order_id, timestamp, success: false };
}

test("an order is placed, then reserved or failed, and how long that took is known", () => {
  const watch = createOrderWatch();
  watch.take([placed("a"), placed("b")], START_MS + 10);
  expect(watch.recent().map(({ order_id, state }) => [order_id, state])).toEqual([
    ["b", "placed"],
    ["a", "placed"],
  ]);
  expect(watch.latency(START_MS + 10)).toBeNull();
  watch.take([decided("a"), decided("b", false)], START_MS + 40);
  expect(watch.recent().map(({ state, tookMs }) => [state, tookMs])).toEqual([
    ["failed", 40],
    ["reserved", 40],
  ]);
});

test("percentiles are of the last minute, by the nearest rank", () => {
  const watch = createOrderWatch({ maxPerSecond: 1000 });
  for (let took = 1; took <= 100; took++) {
    watch.take([placed(`o${took}`)], START_MS);
    watch.take([decided(`o${took}`)], START_MS + took);
  }
  expect(watch.latency(START_MS + 100)).toEqual({ p50Ms: 50, p95Ms: 95, p99Ms: 99, orders: 100 });
  expect(watch.latency(START_MS + 60_051)).toMatchObject({ p50Ms: 76, orders: 49 });
  expect(watch.latency(START_MS + 120_000)).toBeNull();
});

test("what is followed is bounded: orders at once, and orders a second", () => {
  const watch = createOrderWatch({ maxOrders: 3, maxPerSecond: 5, shown: 2 });
  watch.take(
    Array.from({ length: 9 }, (_, i) => placed(`o${i}`)),
    START_MS,
  );
  expect(watch.recent().map(({ order_id }) => order_id)).toEqual(["o4", "o3"]);
  // Of those the last three are followed still.
  watch.take(
    Array.from({ length: 9 }, (_, i) => decided(`o${i}`)),
    START_MS + 5,
  );
  expect(watch.latency(START_MS + 5)?.orders).toBe(3);
  watch.clear();
  expect([watch.recent(), watch.latency(START_MS + 5)]).toEqual([[], null]);
});

test("a decision that is read before its order is the order's all the same", () => {
  const watch = createOrderWatch({ maxOrders: 3 });
  watch.take([decided("a"), decided("b", false)], START_MS + 20);
  watch.take([placed("b"), placed("a")], START_MS + 30);
  expect(watch.recent().map(({ order_id, state, tookMs }) => [order_id, state, tookMs])).toEqual([
    ["a", "reserved", 20],
    ["b", "failed", 20],
  ]);
  expect(watch.latency(START_MS + 30)).toMatchObject({ p50Ms: 20, orders: 2 });
  // As many are kept as orders are followed, the newest.
  watch.take(
    Array.from({ length: 5 }, (_, i) => decided(`early${i}`)),
    START_MS + 40,
  );
  watch.take([placed("early1"), placed("early2")], START_MS + 50);
  expect(watch.recent().map(({ state }) => state)).toEqual(["reserved", "placed", "reserved", "failed"]);
});

test("an order that is sent again is one order, decided once", () => {
  const watch = createOrderWatch();
  watch.take([placed("a"), decided("a")], START_MS + 10);
  watch.take([placed("a"), decided("a", false)], START_MS + 20);
  expect(watch.recent().map(({ state, tookMs }) => [state, tookMs])).toEqual([["reserved", 10]]);
  expect(watch.latency(START_MS + 20)?.orders).toBe(1);
});

test("decisions of orders nobody follows change nothing", () => {
  const watch = createOrderWatch();
  watch.take([decided("stranger")], START_MS);
  expect([watch.recent(), watch.latency(START_MS)]).toEqual([[], null]);
});
