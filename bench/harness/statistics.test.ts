import { expect, test } from "bun:test";
import { median, slopeOf } from "./statistics.ts";

test("the median of an even number lies between the two middle ones", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test("the slope is that of the line through the points, wherever it begins", () => {
  const line = [0, 1, 2, 3].map((x) => [x + 100, 7 - 2 * x] as const);
  expect(slopeOf(line)).toBeCloseTo(-2);
  expect(slopeOf([...line, [99, 9]])).toBeCloseTo(-2);
  expect(slopeOf([[1, 1]])).toBeNaN();
});
