import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { CODECS, type Codec, decodeEvent, encodeEvent } from "./codec.ts";
import { MalformedEventError } from "./malformed-event.ts";
import { anyEvent } from "./testing.ts";
import type { OrderPlaced } from "./types.ts";

const order: OrderPlaced = {
  event_id: "0b9c2c0e-4d1a-4f5e-8a3b-1c2d3e4f5a6b",
  event_type: "OrderPlaced",
  order_id: "7f8e9d0c-1b2a-4c3d-9e8f-0a1b2c3d4e5f",
  timestamp: "2026-03-04T05:06:07.089Z",
  payload: { user_id: "user123", item: "Burger", quantity: 2 },
};

function toBytes(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? Buffer.from(value) : value;
}

/** The reason `decodeEvent` refuses a value for. */
function reasonFor(value: unknown): string {
  const bytes = value instanceof Uint8Array || value === null ? value : Buffer.from(JSON.stringify(value));
  try {
    decodeEvent(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedEventError);
    return (error as MalformedEventError).reason;
  }
  throw new Error("the event was accepted");
}

describe("round trip", () => {
  test.each([...CODECS])("%s", (codec) => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        expect(decodeEvent(toBytes(encodeEvent(event, codec)))).toEqual(event);
      }),
      { numRuns: 1000 },
    );
  });

  test("both codecs lie side by side", () => {
    const entry = fc.tuple(anyEvent, fc.constantFrom<Codec>(...CODECS));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 20 }), (entries) => {
        const records = entries.map(([event, codec]) => toBytes(encodeEvent(event, codec)));
        expect(records.map(decodeEvent)).toEqual(entries.map(([event]) => event));
      }),
    );
  });

  test("the JSON writer writes what JSON.stringify writes", () => {
    fc.assert(
      fc.property(anyEvent, (event) => {
        expect(encodeEvent(event, "json")).toBe(JSON.stringify(event));
      }),
      { numRuns: 2000 },
    );
  });

  test("a view into a larger buffer is read within its bounds", () => {
    for (const codec of CODECS) {
      const bytes = toBytes(encodeEvent(order, codec));
      const buffer = Buffer.alloc(bytes.length + 20, 0x41);
      buffer.set(bytes, 7);
      expect(decodeEvent(buffer.subarray(7, 7 + bytes.length))).toEqual(order);
    }
  });

  test("fields a newer writer added are let through", () => {
    const newer = { ...order, version: 2, payload: { ...order.payload, note: "no onions" } };
    expect(decodeEvent(Buffer.from(JSON.stringify(newer)))).toMatchObject(order);
  });
});

describe("what is refused, and why", () => {
  test("arbitrary bytes give MalformedEventError or nothing", () => {
    const firstByte = fc.constantFrom(0x7b, 0x40, 0x41, 0x42, 0x81, 0x85, 0xd4, 0xde, 0xdf);
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .tuple(firstByte, fc.uint8Array({ maxLength: 300 }))
        .map(([first, rest]) => Uint8Array.from([first, ...rest])),
    );
    fc.assert(
      fc.property(bytes, (input) => void reasonFor(input)),
      { numRuns: 5000 },
    );
  });

  test("a flipped byte gives a valid event or MalformedEventError, and the next record is read all the same", () => {
    fc.assert(
      fc.property(
        anyEvent,
        fc.constantFrom<Codec>(...CODECS),
        fc.nat(),
        fc.nat(255),
        (event, codec, at, byte) => {
          const intact = toBytes(encodeEvent(event, codec));
          const broken = Uint8Array.from(intact);
          broken[at % broken.length] = byte;
          try {
            decodeEvent(broken);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedEventError);
          }
          expect(decodeEvent(intact)).toEqual(event);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each<[string, unknown, string]>([
    ["a tombstone", null, "no value"],
    ["nothing", new Uint8Array(), "no value"],
    ["text", Buffer.from("hello"), "begins with the byte 0x68"],
    ["half of JSON", Buffer.from('{"event_id":'), "not valid JSON"],
    ["no UTF-8 in JSON", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), "not valid UTF-8"],
    ["no type", {}, "/event_type is none of OrderPlaced, InventoryReserved, InventoryFailed"],
    ["another type", { ...order, event_type: "toString" }, "/event_type is none of"],
    ["no id", { ...order, order_id: undefined }, "/order_id of OrderPlaced"],
    ["an id that is no UUID", { ...order, order_id: "7" }, "/order_id of OrderPlaced: not a valid UUID"],
    [
      "another form of time",
      { ...order, timestamp: "4 March" },
      "/timestamp of OrderPlaced: not a valid ISO 8601",
    ],
    ["no payload", { ...order, payload: null }, "/payload of OrderPlaced"],
    ["a text for a number", { ...order, payload: { ...order.payload, quantity: "2" } }, "/payload/quantity"],
    ["a half", { ...order, payload: { ...order.payload, quantity: 1.5 } }, "/payload/quantity"],
    ["too many", { ...order, payload: { ...order.payload, quantity: 1001 } }, "/payload/quantity"],
    ["half a surrogate", { ...order, payload: { ...order.payload, item: "a\ud800" } }, "/payload/item"],
    ["a NUL", { ...order, payload: { ...order.payload, user_id: "a\0" } }, "/payload/user_id"],
    ["a reservation that failed", { ...order, event_type: "InventoryReserved", success: false }, "/success"],
    ["a failure that succeeded", { ...order, event_type: "InventoryFailed", success: true }, "/success"],
  ])("%s", (_, value, reason) => {
    expect(reasonFor(value)).toContain(reason);
  });

  test("a reason never quotes the input", () => {
    const secret = "hunter2\u001b[31m";
    for (const value of [
      { event_type: secret },
      { ...order, order_id: secret },
      Buffer.from(`{"${secret}`),
    ]) {
      expect(reasonFor(value)).not.toContain("hunter2");
    }
  });
});
