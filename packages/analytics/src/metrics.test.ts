import { expect, test } from "bun:test";
import fc from "fast-check";
import { countEvent, createCounts, eventsOf, totalsOf } from "./metrics.ts";
import { failed, NOW, placed, reserved } from "./testing.ts";

test("nothing counted is nothing", () => {
  expect(totalsOf([], NOW)).toEqual({ orders: 0, reserved: 0, failed: 0, ordersPerMinute: 0, events: 0 });
  expect(totalsOf([createCounts()], NOW).events).toBe(0);
});

test("each type has its own count; only orders are in the last minute", () => {
  const counts = createCounts();
  for (const event of [placed(), placed(NOW - 30_000), placed(NOW - 90_000), reserved, reserved, failed]) {
    countEvent(counts, event, NOW);
  }
  expect(eventsOf(counts)).toBe(6);
  expect(totalsOf([counts], NOW)).toEqual({
    orders: 3,
    reserved: 2,
    failed: 1,
    ordersPerMinute: 2,
    events: 6,
  });
  expect(totalsOf([counts], NOW + 30_000).ordersPerMinute).toBe(1);
});

test("a timestamp that is on no calendar is counted, in no minute", () => {
  const counts = createCounts();
  countEvent(counts, { ...placed(), timestamp: "2026-02-30T99:00:00Z" }, NOW);
  expect(totalsOf([counts], NOW)).toMatchObject({ orders: 1, ordersPerMinute: 0 });
});

test("the totals do not depend on how the events were spread over partitions, nor on their order", () => {
  const event = fc.oneof(
    fc.integer({ min: 0, max: 120_000 }).map((ageMs) => placed(NOW - ageMs)),
    fc.constantFrom(reserved, failed),
  );
  const spread = fc.array(fc.tuple(event, fc.nat({ max: 5 })), { maxLength: 200 });
  fc.assert(
    fc.property(spread, (entries) => {
      const one = createCounts();
      const many = Array.from({ length: 6 }, createCounts);
      for (const [event] of entries.toReversed()) countEvent(one, event, NOW);
      for (const [event, partition] of entries) countEvent(many[partition]!, event, NOW);
      expect(totalsOf(many, NOW)).toEqual(totalsOf([one], NOW));
      expect(totalsOf(many, NOW).events).toBe(entries.length);
    }),
  );
});
