import { expect, test } from "bun:test";
import fc from "fast-check";
import { deriveOrderId, fingerprintOf } from "./order-identity.ts";

const order = { user_id: "user123", item: "Burger", quantity: 2 };
const key = { principal: "canteen", key: "8e03978e", index: 0 };

test("the id of a key and an order never changes: it is a contract between versions and instances", () => {
  expect(deriveOrderId(key, order)).toBe("b262f714-f6dc-8748-9638-1e141aa216a2");
  expect(deriveOrderId({ ...key }, { quantity: 2, item: "Burger", user_id: "user123" })).toBe(
    "b262f714-f6dc-8748-9638-1e141aa216a2",
  );
});

test("it is a UUID of version 8", () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string(),
      fc.nat(999),
      fc.string({ minLength: 1 }),
      (principal, text, index, item) => {
        expect(deriveOrderId({ principal, key: text, index }, { ...order, item })).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      },
    ),
  );
});

test("all 122 bits are used", () => {
  let ones = 0n;
  let zeros = 0n;
  for (let index = 0; index < 200; index++) {
    const bits = BigInt(
      `0x${deriveOrderId({ ...key, index }, { ...order, quantity: index + 1 }).replaceAll("-", "")}`,
    );
    ones |= bits;
    zeros |= ~bits & ((1n << 128n) - 1n);
  }
  const count = (value: bigint) => value.toString(2).replaceAll("0", "").length;
  expect(count(ones & zeros)).toBe(122);
});

test("the first half is the key's, the second the order's", () => {
  const [ofKey, ofOrder] = halves(deriveOrderId(key, order));
  for (const other of [
    { ...key, principal: "kiosk" },
    { ...key, key: "other" },
    { ...key, index: 1 },
  ]) {
    const [otherKey, sameOrder] = halves(deriveOrderId(other, order));
    expect(otherKey).not.toBe(ofKey);
    expect(sameOrder).toBe(ofOrder);
  }
  for (const other of [
    { ...order, user_id: "user124" },
    { ...order, item: "Fries" },
    { ...order, quantity: 3 },
  ]) {
    const [sameKey, otherOrder] = halves(deriveOrderId(key, other));
    expect(sameKey).toBe(ofKey);
    expect(otherOrder).not.toBe(ofOrder);
  }
});

test("texts that only look alike when put together have other ids and fingerprints", () => {
  const ids = [
    deriveOrderId({ principal: "a", key: "b", index: 0 }, order),
    deriveOrderId({ principal: "", key: "ab", index: 0 }, order),
    deriveOrderId({ principal: "ab", key: "", index: 0 }, order),
    deriveOrderId({ principal: "a", key: 'b","c', index: 0 }, order),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  const prints = [
    fingerprintOf("order", [order]),
    fingerprintOf("batch", [order]),
    fingerprintOf("batch", [order, order]),
    fingerprintOf("batch", [{ ...order, user_id: "user123B", item: "urger" }]),
    fingerprintOf("batch", [{ ...order, user_id: 'user123","Burger', item: "x" }]),
  ];
  expect(new Set(prints).size).toBe(prints.length);
});

/** The digits of each half without the version and the variant's digit. */
function halves(id: string): [string, string] {
  return [id.slice(0, 18), id.slice(19)];
}
