import { expect, test } from "bun:test";
import { exponentOf } from "./scale.ts";

test("the exponent tells how cost grows with the value", () => {
  const costs = (cost: (value: number) => number) =>
    exponentOf([1, 10, 100].map((value) => ({ value, cost: cost(value) })));
  expect(costs(() => 3)).toBeCloseTo(0);
  expect(costs((value) => 5 * value)).toBeCloseTo(1);
  expect(costs((value) => 7 / Math.sqrt(value))).toBeCloseTo(-0.5);
});
