import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { FAULTS_LISTED_MAX, isOrder, isOrderBatch, orderBatchFaults, orderFaults } from "./validation.ts";

const order = { user_id: "user123", item: "Burger", quantity: 2 };

describe("one order", () => {
  test.each([
    ["as in the README", order],
    ["longest texts, largest quantity", { user_id: "u".repeat(128), item: "😀".repeat(256), quantity: 1000 }],
    ["quotes, line feeds, other scripts", { user_id: '"\\\n\u2028', item: "寿司 🍣\u0001", quantity: 1 }],
  ])("valid: %s", (_, value) => {
    expect(isOrder(value)).toBe(true);
    expect(orderFaults(value)).toEqual({ total: 0, listed: [] });
  });

  test.each<[string, unknown, string, string]>([
    ["missing field", { user_id: "u", item: "i" }, "/quantity", "is missing"],
    ["extra field", { ...order, note: "x" }, "/note", "is not a known field"],
    [
      "extra field of another name",
      { ...order, "<script>": "x" },
      "",
      "must have no fields but user_id, item, quantity",
    ],
    ["quantity as a text", { ...order, quantity: "2" }, "/quantity", "must be a number"],
    ["quantity 0", { ...order, quantity: 0 }, "/quantity", "must be at least 1"],
    ["quantity -1", { ...order, quantity: -1 }, "/quantity", "must be at least 1"],
    ["quantity 1.5", { ...order, quantity: 1.5 }, "/quantity", "must be a whole number"],
    ["quantity 1e9", { ...order, quantity: 1e9 }, "/quantity", "must be at most 1000"],
    ["quantity null", { ...order, quantity: null }, "/quantity", "must be a number"],
    ["quantity true", { ...order, quantity: true }, "/quantity", "must be a number"],
    ["user_id a number", { ...order, user_id: 7 }, "/user_id", "must be a text"],
    ["user_id empty", { ...order, user_id: "" }, "/user_id", "must have at least 1 character"],
    [
      "user_id of 10 kB",
      { ...order, user_id: "x".repeat(10_000) },
      "/user_id",
      "must have at most 128 characters",
    ],
    ["item too long", { ...order, item: "x".repeat(257) }, "/item", "must have at most 256 characters"],
    ["a NUL", { ...order, item: "a\0b" }, "/item", "must not have a NUL character"],
    [
      "half a surrogate",
      { ...order, item: "a\ud800" },
      "/item",
      "must be valid Unicode, without half of a surrogate pair",
    ],
    ["a list", [order], "", "must be an object with the fields user_id, item and quantity"],
    ["null", null, "", "must be an object with the fields user_id, item and quantity"],
    ["a text", "order", "", "must be an object with the fields user_id, item and quantity"],
  ])("refused: %s", (_, value, path, rule) => {
    expect(isOrder(value)).toBe(false);
    expect(orderFaults(value).total).toBe(1);
    expect(orderFaults(value).listed[0]).toMatchObject({ path, rule });
  });

  test("one entry a fault, all of them", () => {
    const { listed } = orderFaults({ user_id: "\0".repeat(200), quantity: -1.5, extra: 1 });
    expect(listed.map(({ path, rule }) => `${path} ${rule}`)).toEqual([
      "/user_id must have at most 128 characters",
      "/user_id must not have a NUL character",
      "/item is missing",
      "/quantity must be a whole number",
      "/quantity must be at least 1",
      "/extra is not a known field",
    ]);
  });

  test("fields by prototype are not fields", () => {
    const disguised = JSON.parse('{"__proto__":{"user_id":"u","item":"i","quantity":1}}');
    expect(isOrder(disguised)).toBe(false);
    expect(orderFaults(disguised).total).toBe(4);
  });
});

describe("a batch", () => {
  const batchOf = (length: number) => ({ orders: Array.from({ length }, () => order) });

  test.each([1, 2, 1000])("valid: %d orders", (length) => {
    expect(isOrderBatch(batchOf(length))).toBe(true);
    expect(orderBatchFaults(batchOf(length)).total).toBe(0);
  });

  test.each<[string, unknown, string, string]>([
    ["0 orders", batchOf(0), "/orders", "must have at least 1 order"],
    ["1001 orders", batchOf(1001), "/orders", "must have at most 1000 orders"],
    ["no orders", {}, "/orders", "is missing"],
    ["orders that are no list", { orders: order }, "/orders", "must be a list of orders"],
    ["something beside the orders", { ...batchOf(1), priority: 1 }, "/priority", "is not a known field"],
    ["a bare list", [order], "", "must be an object with the field orders"],
  ])("refused: %s", (_, value, path, rule) => {
    expect(isOrderBatch(value)).toBe(false);
    expect(orderBatchFaults(value).listed).toEqual([expect.objectContaining({ path, rule })]);
  });

  test("one bad order among 1000 is named by index and field", () => {
    const batch = { orders: batchOf(1000).orders.with(617, { ...order, quantity: 0 }) };
    expect(isOrderBatch(batch)).toBe(false);
    expect(orderBatchFaults(batch)).toEqual({
      total: 1,
      listed: [{ path: "/orders/617/quantity", index: 617, field: "quantity", rule: "must be at least 1" }],
    });
  });

  test("faults without end are counted, the first of them listed", () => {
    const { total, listed } = orderBatchFaults({ orders: Array(1000).fill({}) });
    expect(total).toBe(3000);
    expect(listed).toHaveLength(FAULTS_LISTED_MAX);
    expect(listed.at(-1)).toMatchObject({ path: "/orders/33/user_id" });
  });
});

/** Values near an order: each field right, wrong or missing, and strangers. */
const nearOrder = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      {
        user_id: fc.oneof(
          fc.string({ maxLength: 140 }),
          fc.string({ unit: "binary", maxLength: 140 }),
          fc.anything(),
        ),
        item: fc.oneof(
          fc.string({ minLength: 1, maxLength: 270 }),
          fc.constantFrom("\ud800", "a\udc00", "😀".repeat(256)),
        ),
        quantity: fc.oneof(fc.integer({ min: -2, max: 1002 }), fc.double(), fc.constantFrom("2", null)),
        extra: fc.anything(),
      },
      { requiredKeys: [] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      user_id: fc.constant("u"),
      item: fc.constant("i"),
      quantity: fc.integer({ min: 1, max: 1000 }),
    }),
  },
  { weight: 1, arbitrary: fc.anything() },
);

describe("the check and the search for faults agree", () => {
  test("on orders", () => {
    fc.assert(
      fc.property(nearOrder, (value) => {
        expect(orderFaults(value).total === 0).toBe(isOrder(value));
      }),
      { numRuns: 3000 },
    );
  });

  test("on batches", () => {
    const batch = fc.oneof(fc.record({ orders: fc.array(nearOrder, { maxLength: 5 }) }), fc.anything());
    fc.assert(
      fc.property(batch, (value) => {
        expect(orderBatchFaults(value).total === 0).toBe(isOrderBatch(value));
      }),
      { numRuns: 2000 },
    );
  });
});
