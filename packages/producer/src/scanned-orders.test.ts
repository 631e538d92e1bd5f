/** The quick way of reading a batch beside the long one: what it takes means the same there, and plain batches it does take. */
import { describe, expect, test } from "bun:test";
import {
  BATCH_MAX_ORDERS,
  ITEM_MAX_CHARACTERS,
  type OrderRequest,
  QUANTITY_MAX,
  USER_ID_MAX_CHARACTERS,
} from "@campus/events";
import fc from "fast-check";
import { type RequestOrders, readBatch } from "./request-orders.ts";
import { MARKS, type ScannedOrders, scanBatch, scanOrder } from "./scanned-orders.ts";
import { anyBatchText, order } from "./testing.ts";

const scan = (text: string) => scanBatch(Buffer.from(text));
const batchOf = (...orders: string[]) => `{"orders":[${orders.join()}]}`;
const ORDER = JSON.stringify(order);

/** The orders as the marks say they stand there. */
function ordersIn({ json, count, marks }: ScannedOrders): OrderRequest[] {
  const raw = (mark: number) => Buffer.from(json).toString("utf8", marks[mark], marks[mark + 1]);
  const text = (mark: number) => JSON.parse(`"${raw(mark)}"`);
  return Array.from({ length: count }, (_, index) => ({
    user_id: text(index * MARKS),
    item: text(index * MARKS + 2),
    quantity: Number(raw(index * MARKS + 4)),
  }));
}

/** The orders as the long way reads them, or undefined when it refuses them. */
function ordersTheLongWay(json: Uint8Array): RequestOrders | undefined {
  const orders = readBatch(json, false);
  return orders instanceof Response ? undefined : orders;
}

describe("taken", () => {
  test.each([
    ["one", batchOf(ORDER)],
    ["many", batchOf(ORDER, ORDER, ORDER)],
    ["as many as a batch may have", batchOf(...Array(BATCH_MAX_ORDERS).fill(ORDER))],
    ["as short as orders can be", batchOf(...Array(7).fill('{"item":"i","quantity":1,"user_id":"u"}'))],
    ["white space everywhere", JSON.stringify({ orders: [order, order] }, null, "\t \r\n")],
    ["white space around it", ` \r\n\t${batchOf(ORDER)} \r\n\t`],
    ["fields in another order", batchOf('{"quantity":2,"item":"Burger","user_id":"user123"}')],
    ["escapes", batchOf('{"user_id":"Jos\\u00e9 \\"\\\\","item":"\\ud83c\\udf63\\n\\/","quantity":2}')],
    ["escapes and other scripts", batchOf('{"user_id":"寿司 \\"José\\"","item":"\\t🍣\\t","quantity":2}')],
    ["other scripts", batchOf(JSON.stringify({ ...order, user_id: "José", item: "寿司 🍣 \u2028 \x7f" }))],
    [
      "the longest",
      batchOf(
        JSON.stringify({
          user_id: "u".repeat(USER_ID_MAX_CHARACTERS),
          item: "i".repeat(ITEM_MAX_CHARACTERS),
          quantity: QUANTITY_MAX,
        }),
      ),
    ],
  ])("%s", (_, text) => {
    const scanned = scan(text);
    expect(scanned && ordersIn(scanned)).toEqual(JSON.parse(text).orders);
  });
});

describe("left to the long way", () => {
  const withField = (field: keyof typeof order, json: string) =>
    batchOf(ORDER, ORDER.replace(`"${field}":${JSON.stringify(order[field])}`, `"${field}":${json}`));

  test.each([
    ["nothing", ""],
    ["no orders", batchOf()],
    ["one more than a batch may have", batchOf(...Array(BATCH_MAX_ORDERS + 1).fill(ORDER))],
    ["a byte order mark", `\ufeff${batchOf(ORDER)}`],
    ["something after it", `${batchOf(ORDER)}x`],
    ["a comma too many", batchOf(ORDER, "")],
    ["a comma too many in an order", batchOf(ORDER.replace("}", ",}"))],
    ["no comma", batchOf(ORDER + ORDER)],
    ["an order alone", ORDER],
    ["another field beside the orders", `{"orders":[${ORDER}],"priority":1}`],
    ["the orders twice", `{"orders":[${ORDER}],"orders":[${ORDER}]}`],
    ["another field", batchOf(ORDER.replace("}", ',"note":"x"}'))],
    ["a field twice", batchOf(ORDER.replace("}", ',"quantity":2}'))],
    ["a field less", batchOf('{"user_id":"u","item":"i"}')],
    ["a field that only begins like one", batchOf(ORDER.replace("item", "items"))],
    ["an escaped NUL", withField("item", '"a\\u0000b"')],
    ["half a surrogate", withField("item", '"a\\ud83cb"')],
    ["an escape that is none", withField("item", '"a\\xb"')],
    ["an escape that breaks off", withField("item", '"a\\u00"')],
    ["an escape before the end", '{"orders":[{"user_id":"u","item":"i","quantity":1},{"user_id":"\\'],
    ["a control character behind an escape", withField("item", '"\\"a\nb"')],
    ["an escape in a name", batchOf(ORDER.replace("item", "it\\u0065m"))],
    ["escapes with more bytes than characters", withField("item", `"${"\\n".repeat(ITEM_MAX_CHARACTERS)}"`)],
    ["a control character", withField("item", '"a\nb"')],
    ["a NUL", withField("user_id", '"a\0b"')],
    ["an empty text", withField("user_id", '""')],
    ["a text that is too long", withField("user_id", `"${"u".repeat(USER_ID_MAX_CHARACTERS + 1)}"`)],
    ["a text with more bytes than characters", withField("item", `"${"é".repeat(ITEM_MAX_CHARACTERS)}"`)],
    ["a text that is none", withField("item", "7")],
    ["a text without end", batchOf(ORDER).slice(0, -30)],
    ...["0", "-1", "01", "1.0", "1e1", "1.5", "+1", "1001", "99999999999999999999", '"2"', "null", ""].map(
      (quantity) => [`the quantity ${quantity}`, withField("quantity", quantity)] as const,
    ),
  ])("%s", (_, text) => {
    expect(scan(text)).toBeUndefined();
  });

  test("bytes that are no UTF-8, wherever they stand", () => {
    for (const bytes of [[0xff], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80]]) {
      const [before, after] = batchOf(ORDER, ORDER).split("user") as [string, string];
      expect(
        scanBatch(Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)])),
      ).toBeUndefined();
    }
  });

  test("every beginning of a batch", () => {
    const text = batchOf(ORDER, ORDER);
    for (let length = 0; length < text.length; length++) expect(scan(text.slice(0, length))).toBeUndefined();
  });
});

/** Bytes of which a few were changed, taken out or put in. */
const anyChange = fc.array(
  fc.tuple(
    fc.nat(),
    fc.constantFrom("put", "in", "out"),
    fc.oneof(fc.constantFrom(...Buffer.from('{}[]",:\\ \n0129eE.-+u\0')), fc.nat(255)),
  ),
  { minLength: 1, maxLength: 4 },
);

function changed(bytes: Uint8Array, changes: readonly [number, string, number][]): Uint8Array {
  const list = [...bytes];
  for (const [place, change, byte] of changes) {
    list.splice(place % list.length, change === "in" ? 0 : 1, ...(change === "out" ? [] : [byte]));
  }
  return Uint8Array.from(list);
}

describe("an order that comes alone", () => {
  test.each([
    ["as it is mostly written", ORDER],
    ["with white space", JSON.stringify(order, null, "\t \r\n")],
    ["with white space around it", ` \r\n\t${ORDER} \r\n\t`],
  ])("is taken %s", (_, text) => {
    const scanned = scanOrder(Buffer.from(text));
    expect(scanned && ordersIn(scanned)).toEqual([order]);
  });

  test.each([
    ["a batch", batchOf(ORDER)],
    ["two", ORDER + ORDER],
    ["two with a comma", `${ORDER},${ORDER}`],
    ["one with something after it", `${ORDER}x`],
    ["one in a list", `[${ORDER}]`],
    ["a field less", '{"user_id":"u","item":"i"}'],
    ["no UTF-8", Buffer.from(ORDER.replace("Burger", "\xff"), "latin1")],
    ["nothing", ""],
  ])("%s is left to the long way", (_, body) => {
    expect(scanOrder(Buffer.from(body as string))).toBeUndefined();
  });

  test("of every beginning nothing is taken", () => {
    for (let length = 0; length < ORDER.length; length++)
      expect(scanOrder(Buffer.from(ORDER.slice(0, length)))).toBeUndefined();
  });
});

test("what it takes the long way takes, as the same orders; of well-formed batches it leaves only those with long texts", () => {
  let taken = 0;
  fc.assert(
    fc.property(anyBatchText, ({ text, orders, isLong }) => {
      const json = Buffer.from(text);
      const scanned = scanBatch(json);
      expect(ordersTheLongWay(json)).toEqual(orders);
      if (scanned === undefined) expect(isLong).toBe(true);
      else {
        taken += 1;
        expect(ordersIn(scanned)).toEqual(orders);
      }
    }),
    { numRuns: 2000 },
  );
  expect(taken).toBeGreaterThan(200);
});

test("the same of batches whose bytes were changed", () => {
  let taken = 0;
  fc.assert(
    fc.property(anyBatchText, anyChange, ({ text }, changes) => {
      const json = changed(Buffer.from(text), changes);
      const scanned = scanBatch(json);
      if (scanned === undefined) return;
      taken += 1;
      expect(ordersTheLongWay(json)).toEqual(ordersIn(scanned));
    }),
    { numRuns: 20_000 },
  );
  expect(taken).toBeGreaterThan(200);
});
