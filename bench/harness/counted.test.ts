import { expect, test } from "bun:test";
import { countedIn, requireCounted } from "./counted.ts";

test("counts are JSON of all three, or one number under its name", () => {
  expect(countedIn("any", Buffer.from('{"orders":3,"reserved":2,"failed":1}'))).toEqual({
    orders: 3,
    reserved: 2,
    failed: 1,
  });
  const number = Buffer.alloc(8);
  number.writeBigInt64BE(70_000n);
  expect(countedIn("reserved", number)).toEqual({ orders: 0, reserved: 70_000, failed: 0 });
});

test("what is no count is refused", () => {
  expect(() => countedIn("users", Buffer.alloc(8))).toThrow('counts "users"');
  expect(() => countedIn("any", Buffer.from('{"orders":3}'))).toThrow("no count of reserved");
});

test("a wrong count says by how much", () => {
  const right = { orders: 3, reserved: 2, failed: 1 };
  expect(() => requireCounted({ ...right, reserved: 1 }, right)).toThrow("1 reserved instead of 2");
  requireCounted(right, { ...right });
});
