import { expect, test } from "bun:test";
import { Packr } from "msgpackr";
import { decodeEvent, encodeEvent } from "./codec.ts";
import { MalformedEventError } from "./malformed-event.ts";
import type { Event, InventoryFailed, InventoryReserved, OrderPlaced } from "./types.ts";

const identity = {
  event_id: "00000000-0000-4000-8000-000000000001",
  order_id: "00000000-0000-4000-8000-000000000002",
  timestamp: "2026-03-04T05:06:07.089Z",
};
const order: OrderPlaced = {
  ...identity,
  event_type: "OrderPlaced",
  payload: { user_id: "user123", item: "Burger", quantity: 2 },
};
const reserved: InventoryReserved = { ...identity, event_type: "InventoryReserved", success: true };
const failed: InventoryFailed = { ...identity, event_type: "InventoryFailed", success: false };

/** MessagePack's header of a text shorter than 32 and of one shorter than 256 bytes, and the text. */
function packedText(text: string): Buffer {
  const length = Buffer.byteLength(text);
  return Buffer.concat([Buffer.from(length < 32 ? [0xa0 + length] : [0xd9, length]), Buffer.from(text)]);
}

function packedHead(structure: number, { event_id, event_type, order_id, timestamp }: Event): Buffer {
  const texts = [event_id, event_type, order_id, timestamp].map(packedText);
  return Buffer.concat([Buffer.from([structure]), ...texts]);
}

test.each<[Event, Uint8Array]>([
  [
    order,
    Buffer.concat([
      packedHead(0x40, order),
      Buffer.from([0x41]),
      packedText("user123"),
      packedText("Burger"),
      Buffer.from([2]),
    ]),
  ],
  [reserved, Buffer.concat([packedHead(0x42, reserved), Buffer.from([0xc3])])],
  [failed, Buffer.concat([packedHead(0x42, failed), Buffer.from([0xc2])])],
])("the bytes of an event are those of the contract", (event, bytes) => {
  expect(Buffer.compare(encodeEvent(event, "msgpack") as Uint8Array, bytes)).toBe(0);
  expect(decodeEvent(bytes)).toEqual(event);
});

test("the order of a caller's fields does not change the bytes", () => {
  const reversed = Object.fromEntries(Object.entries(reserved).reverse()) as InventoryReserved;
  expect(Object.keys(reversed)[0]).toBe("success");
  expect(encodeEvent(reversed, "msgpack")).toEqual(encodeEvent(reserved, "msgpack"));
});

test("another process reads the very first record, and writes what this one reads", async () => {
  const program = `
    import { decodeEvent, encodeEvent } from ${JSON.stringify(`${import.meta.dir}/codec.ts`)};
    const records = (await Bun.stdin.text()).trim().split("\\n").map((line) => decodeEvent(Buffer.from(line, "base64")));
    for (const event of records) console.log(Buffer.from(encodeEvent(event, "msgpack")).toString("base64"));
  `;
  // The decision goes first there and last here: neither process may depend on the order in which it meets structures.
  const records = [failed, order, reserved].map((event) =>
    Buffer.from(encodeEvent(event, "msgpack") as Uint8Array),
  );
  const child = Bun.spawn([process.execPath, "-e", program], {
    stdin: Buffer.from(records.map((record) => record.toString("base64")).join("\n")),
    stdout: "pipe",
    stderr: "inherit",
  });
  const answers = (await child.stdout.text()).trim().split("\n");
  expect(await child.exited).toBe(0);
  expect(answers.map((line) => decodeEvent(Buffer.from(line, "base64")))).toEqual([failed, order, reserved]);
});

test("plain maps of another client are read", () => {
  const plain = new Packr({ useRecords: false });
  for (const event of [order, reserved, failed]) expect(decodeEvent(plain.pack(event))).toEqual(event);
});

test("a record that redefines a structure changes nothing for those after it", () => {
  const record = encodeEvent(order, "msgpack") as Uint8Array;
  // The payload of an order, redefined in place as {"a": 1}, by msgpackr's extension 0x72; whole, and cut short.
  const head = Buffer.from(packedHead(0x40, order));
  for (const tail of [
    [0xd4, 0x72, 0x41, 0x91, 0xa1, 0x61, 0x01],
    [0xd4, 0x72, 0x41, 0x91, 0xa1, 0x61],
  ]) {
    expect(() => decodeEvent(Buffer.concat([head, Buffer.from(tail)]))).toThrow(MalformedEventError);
    expect(decodeEvent(record)).toEqual(order);
  }
  expect(() =>
    decodeEvent(Buffer.from([0x81, 0xa1, 0x61, 0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01])),
  ).toThrow(MalformedEventError);
  expect(decodeEvent(record)).toEqual(order);
});

test("nesting without end is refused", () => {
  expect(() => decodeEvent(new Uint8Array(500_000).fill(0x81))).toThrow(MalformedEventError);
  expect(() => decodeEvent(Buffer.from("{".padEnd(500_000, '"a":{')))).toThrow(MalformedEventError);
  expect(() => decodeEvent(Buffer.from(`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`))).toThrow(
    MalformedEventError,
  );
});

test("bytes that are no UTF-8 are refused, the character U+FFFD itself is not", () => {
  const replacement = { ...order, payload: { ...order.payload, user_id: "a\ufffdb" } };
  const bytes = Buffer.from(encodeEvent(replacement, "msgpack") as Uint8Array);
  expect(decodeEvent(bytes)).toEqual(replacement);
  const at = bytes.indexOf("\ufffd");
  const invalid = Buffer.concat([
    bytes.subarray(0, at),
    Buffer.from([0xff, 0x31, 0x32]),
    bytes.subarray(at + 3),
  ]);
  expect(() => decodeEvent(invalid)).toThrow("not valid UTF-8");
});
