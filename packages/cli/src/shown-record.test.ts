import { expect, test } from "bun:test";
import { type Event, encodeEvent } from "@campus/events";
import { decode, previewOf, showBytes } from "./shown-record.ts";

const event: Event = {
  event_id: "00000000-0000-4000-8000-000000000001",
  event_type: "InventoryReserved",
  order_id: "00000000-0000-4000-8000-000000000002",
  timestamp: "2026-01-01T00:00:00.000Z",
  success: true,
};

const bytes = (text: string) => new TextEncoder().encode(text);

test("values are what they are: JSON, MessagePack, text, bytes, nothing", () => {
  expect(decode(bytes('{"a":[1]}'))).toEqual({ value: { a: [1] }, encoding: "json" });
  expect(decode(bytes("12"))).toEqual({ value: 12, encoding: "json" });
  expect(decode(bytes("{half"))).toEqual({ value: "{half", encoding: "text" });
  expect(decode(bytes("@home"))).toEqual({ value: "@home", encoding: "text" });
  expect(decode(bytes("Grüße"))).toEqual({ value: "Grüße", encoding: "text" });
  expect(decode(new Uint8Array([0xff, 0x00]))).toEqual({ value: "/wA=", encoding: "base64" });
  expect(decode(new Uint8Array(0))).toEqual({ value: "", encoding: "text" });
  expect(decode(null)).toEqual({ value: null, encoding: null });
  // {"a": 1} as any other client writes it.
  expect(decode(new Uint8Array([0x81, 0xa1, 0x61, 0x01]))).toEqual({ value: { a: 1 }, encoding: "msgpack" });
  expect(decode(encodeEvent(event, "msgpack") as Uint8Array)).toEqual({
    value: event,
    encoding: "msgpack",
  });
});

test("keys are text where they are text, and previews one line of bounded length", () => {
  expect([showBytes(bytes("k")), showBytes(new Uint8Array([0xff])), showBytes(null)]).toEqual([
    "k",
    "base64:/w==",
    null,
  ]);
  expect(previewOf({ value: { a: "x".repeat(200) }, encoding: "json" }, 20)).toBe('{"a":"xxxxxxxxxxxxx…');
  expect(previewOf({ value: null, encoding: null })).toBe("(tombstone)");
});
