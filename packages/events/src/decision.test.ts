import { expect, test } from "bun:test";
import fc from "fast-check";
import { decodeEvent, encodeEvent } from "./codec.ts";
import { DecisionEncoder, type EncodedDecision } from "./decision.ts";
import { anyInventoryEvent } from "./testing.ts";

/** A buffer with the decision in its middle. */
function written(decision: EncodedDecision): Buffer {
  const target = Buffer.alloc(decision.maxBytes + 20, "x");
  const length = decision.writeTo(target, 10);
  expect([target.toString("latin1", 0, 10), target.toString("latin1", 10 + length)]).toEqual([
    "x".repeat(10),
    "x".repeat(10),
  ]);
  return target.subarray(10, 10 + length);
}

test("it writes what encodeEvent does, but for the event's own id, which stays the same", () => {
  const encoder = new DecisionEncoder();
  fc.assert(
    fc.property(fc.array(anyInventoryEvent), (events) => {
      const decisions = events.map(({ order_id, success, timestamp }) =>
        encoder.encode(order_id, success, timestamp),
      );
      for (const [i, decision] of decisions.entries()) {
        const bytes = written(decision);
        const { event_id } = decodeEvent(bytes);
        expect(String(bytes)).toBe(encodeEvent({ ...events[i]!, event_id }) as string);
        expect(written(decision)).toEqual(bytes);
      }
    }),
  );
});

test("ids are random UUIDs of version 4, all of them different", () => {
  const encoder = new DecisionEncoder();
  const orderId = crypto.randomUUID();
  const ids = Array.from({ length: 100_000 }, () => {
    const decision = encoder.encode(orderId, true, "2026-01-01T12:00:00.000Z");
    const bytes = Buffer.alloc(decision.maxBytes);
    decision.writeTo(bytes, 0);
    return JSON.parse(String(bytes)).event_id as string;
  });
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  // Every digit that is not fixed takes every value about as often: 100,000 of 16, give or take six standard deviations.
  for (const at of [0, 9, 15, 24, 35]) {
    const counts = Map.groupBy(ids, (id) => id[at]!);
    expect(counts.size).toBe(16);
    for (const found of counts.values()) expect(Math.abs(found.length - 6_250)).toBeLessThan(6 * 77);
  }
});
