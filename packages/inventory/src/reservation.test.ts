/** What is fixed here is a promise to every log already written: an order decided once is decided the same for ever. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { decide, isReserved, RESERVED_SHARE } from "./reservation.ts";

/** xxHash32 with seed 0, written out from its specification: what `isReserved` promises, apart from any runtime. */
function xxHash32(text: string): number {
  const [p1, p2, p3, p4, p5] = [0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f, 0x165667b1];
  const rotate = (x: number, bits: number) => (x << bits) | (x >>> (32 - bits));
  const bytes = Buffer.from(text);
  let at = 0;
  let hash = p5;
  if (bytes.length >= 16) {
    const lanes = [(p1 + p2) | 0, p2, 0, -p1 | 0];
    for (; at + 16 <= bytes.length; at += 16) {
      for (let lane = 0; lane < 4; lane++) {
        const input = Math.imul(bytes.readUInt32LE(at + 4 * lane), p2);
        lanes[lane] = Math.imul(rotate((lanes[lane] ?? 0) + input, 13), p1);
      }
    }
    hash = lanes.reduce((sum, lane, index) => sum + rotate(lane, [1, 7, 12, 18][index] ?? 0), 0);
  }
  hash = (hash + bytes.length) | 0;
  for (; at + 4 <= bytes.length; at += 4) {
    hash = Math.imul(rotate(hash + Math.imul(bytes.readUInt32LE(at), p3), 17), p4);
  }
  for (; at < bytes.length; at++) hash = Math.imul(rotate(hash + Math.imul(bytes.readUInt8(at), p5), 11), p1);
  hash = Math.imul(hash ^ (hash >>> 15), p2);
  hash = Math.imul(hash ^ (hash >>> 13), p3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

test("the reference hash gives xxHash32's published vectors", () => {
  expect(xxHash32("")).toBe(0x02cc5d05);
  expect(xxHash32("a")).toBe(0x550d7456);
  expect(xxHash32("abc")).toBe(0x32d153ff);
  expect(xxHash32("Nobody inspects the spammish repetition")).toBe(0xe2293b2f);
});

test("these orders are decided so, for ever", () => {
  const golden: readonly (readonly [string, boolean])[] = [
    ["00000000-0000-4000-8000-000000000000", true],
    ["6f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f", true],
    ["018f6b1e-7d3a-7c4e-9b2f-1a2b3c4d5e6f", true],
    ["9b2f1a2b-3c4d-4e6f-8a1b-2c3d4e5f6a7b", true],
    ["00000000-0000-4000-8000-000000000012", false],
    ["00000000-0000-4000-8000-000000000013", false],
    ["00000000-0000-4000-8000-000000000047", false],
    // The nearest of two million ids below and above the line.
    ["00000000-0000-4000-8000-00000003dc51", true],
    ["00000000-0000-4000-8000-000000089ac7", false],
  ];
  for (const [orderId, reserved] of golden)
    expect([orderId, isReserved(orderId)]).toEqual([orderId, reserved]);
});

test("the choice is the documented hash of the id and nothing else", () => {
  fc.assert(
    fc.property(fc.oneof(fc.uuid(), fc.string({ unit: "grapheme" })), (orderId) => {
      expect(isReserved(orderId)).toBe(xxHash32(orderId) < Math.floor(RESERVED_SHARE * 2 ** 32));
    }),
  );
});

test("any family of ids comes out at 90 %, give or take five standard deviations", () => {
  const families: readonly ((index: number) => string)[] = [
    () => crypto.randomUUID(),
    () => Bun.randomUUIDv7(),
    (index) => `00000000-0000-4000-8000-${index.toString(16).padStart(12, "0")}`,
  ];
  const count = 100_000;
  const deviation = Math.sqrt(RESERVED_SHARE * (1 - RESERVED_SHARE) * count);
  for (const idOf of families) {
    let reserved = 0;
    for (let index = 0; index < count; index++) if (isReserved(idOf(index))) reserved++;
    expect(Math.abs(reserved - RESERVED_SHARE * count)).toBeLessThan(5 * deviation);
  }
});

test("a decision says the order, the moment and its own id, and is the same whenever and whoever decides", () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), fc.date({ noInvalidDate: true }), (orderId, eventId, date) => {
      const now = date.toISOString();
      const decision = decide(orderId, now, () => eventId);
      const success = isReserved(orderId);
      expect(decision as unknown).toEqual({
        event_id: eventId,
        event_type: success ? "InventoryReserved" : "InventoryFailed",
        order_id: orderId,
        timestamp: now,
        success,
      });
      expect(decide(orderId, "1999", () => "x").success).toBe(success);
    }),
  );
});
