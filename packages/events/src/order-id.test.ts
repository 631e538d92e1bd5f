import { expect, test } from "bun:test";
import fc from "fast-check";
import { decodeEvent, encodeEvent } from "./codec.ts";
import { plainOrderId } from "./order-id.ts";
import { anyEvent, anyOrderPlaced } from "./testing.ts";
import type { OrderPlaced } from "./types.ts";

const order: OrderPlaced = {
  event_id: "0b9c2c0e-4d1a-4f5e-8a3b-1c2d3e4f5a6b",
  event_type: "OrderPlaced",
  order_id: "7f8e9d0c-1b2a-4c3d-9e8f-0a1b2c3d4e5f",
  timestamp: "2026-03-04T05:06:07.089Z",
  payload: { user_id: "user123", item: "Burger", quantity: 2 },
};
const text = encodeEvent(order) as string;

const idIn = (value: string) => plainOrderId(Buffer.from(value));

/** What `decodeEvent` finds, or null. */
function orderIdIn(value: string): string | null {
  try {
    const event = decodeEvent(Buffer.from(value));
    return event.event_type === "OrderPlaced" ? event.order_id : null;
  } catch {
    return null;
  }
}

test("an order of plain text is known", () => {
  const ascii = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 128 });
  const plain = ascii.map((value) => value.replaceAll(/["\\]/g, "x"));
  fc.assert(
    fc.property(anyOrderPlaced, plain, plain, (any, user_id, item) => {
      const { order_id } = any;
      const event = { ...any, payload: { ...any.payload, user_id, item } };
      expect(idIn(encodeEvent(event) as string)).toBe(order_id);
    }),
  );
});

test("what it knows is what decodeEvent reads: any event, any order with a piece changed", () => {
  const agrees = (value: string) => {
    const known = idIn(value);
    if (known !== null) expect(orderIdIn(value)).toBe(known);
  };
  fc.assert(fc.property(anyEvent, (event) => agrees(encodeEvent(event) as string)));
  const piece = fc.oneof(
    fc.string({ unit: "binary", maxLength: 3 }),
    fc.constantFrom('"', "\\", "\\u0000", "}", "{", ",", "0", "A", "-", "\n", " ", "1001", "\ufffd"),
  );
  fc.assert(
    fc.property(fc.nat({ max: text.length }), fc.nat({ max: 3 }), piece, (at, removed, added) =>
      agrees(text.slice(0, at) + added + text.slice(at + removed)),
    ),
    { numRuns: 3000 },
  );
});

test("a byte changed: known only where decodeEvent reads it, too", () => {
  fc.assert(
    fc.property(fc.nat({ max: text.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const value = Buffer.from(text);
      value[at] = byte;
      const known = plainOrderId(value);
      if (known !== null) expect(decodeEvent(value)).toMatchObject({ order_id: known });
    }),
    { numRuns: 3000 },
  );
});

test.each([
  ["a decision", text.replace("OrderPlaced", "InventoryReserved")],
  ["too long a name", text.replace("user123", "x".repeat(129))],
  ["no name", text.replace("user123", "")],
  ["too many", text.replace(":2}", ":1001}")],
  ["none", text.replace(":2}", ":0}")],
  ["too many by far", text.replace(":2}", ":99999}")],
  ["a zero before the quantity", text.replace(":2}", ":02}")],
  ["no quantity", text.replace(":2}", ":}")],
  ["a month too many", text.replace("-03-", "-13-")],
  ["no day", text.replace("-04T", "-00T")],
  ["an hour too many", text.replace("T05:", "T24:")],
  ["cut off", text.slice(0, -1)],
  ["nothing", ""],
  ["more behind it", `${text} `],
])("%s is left to decodeEvent", (_, value) => {
  expect(idIn(text)).toBe(order.order_id);
  expect(idIn(value)).toBeNull();
});
