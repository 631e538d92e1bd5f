import { expect, test } from "bun:test";
import { paceOf } from "./visible-decisions.ts";

// Offsets 2 and 5 of the first partition are marks that end transactions.
const offsets = [
  [0, 1, 3, 4],
  [0, 1],
];

test("the clock runs from the warm-up's end to the last decision, and marks don't count", () => {
  const samples = [
    { atMs: 1000, ends: [0, 0] },
    { atMs: 1020, ends: [3, 0] },
    { atMs: 1040, ends: [3, 2] },
    { atMs: 1060, ends: [6, 2] },
    { atMs: 1080, ends: [6, 3] },
  ];
  expect(paceOf(samples, offsets, 1)).toEqual({ count: 4, seconds: 0.04, firstAtMs: 1020 });
  expect(paceOf(samples, offsets, 3)).toEqual({ count: 2, seconds: 0.02, firstAtMs: 1020 });
});

test("without a span of time there is no pace", () => {
  expect(() => paceOf([{ atMs: 5, ends: [6, 2] }], offsets, 1)).toThrow("too few");
  expect(() => paceOf([{ atMs: 5, ends: [3, 2] }], offsets, 1)).toThrow("could be seen");
});
