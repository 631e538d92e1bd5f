import { expect, test } from "bun:test";
import fc from "fast-check";
import { offsetsToWrite, planReset } from "./reset-plan.ts";
import { comparePartitions, placeOf } from "./topics.ts";

const at = (topic: string, partition: number, offset: number) => ({ topic, partition, offset });

test("old, new and how far apart they are, by topic and partition", () => {
  const plan = planReset({
    partitions: [
      { topic: "b", partition: 0 },
      { topic: "a", partition: 10 },
      { topic: "a", partition: 9 },
    ],
    committed: [at("a", 10, 50), at("b", 0, 3), at("other", 0, 1)],
    targets: [at("a", 9, 0), at("a", 10, 20), at("b", 0, 3)],
  });
  expect(plan).toEqual({
    offsets: [
      { topic: "a", partition: 9, old: null, new: 0, difference: null },
      { topic: "a", partition: 10, old: 50, new: 20, difference: -30 },
      { topic: "b", partition: 0, old: 3, new: 3, difference: 0 },
    ],
    unknown: [],
  });
});

const place = fc.record({ topic: fc.constantFrom<string[]>("a", "b", "c"), partition: fc.nat(20) });
const offset = fc.record({
  topic: fc.constantFrom<string[]>("a", "b", "c"),
  partition: fc.nat(20),
  offset: fc.integer({ min: -1, max: 1e12 }),
});
const input = fc.record({
  partitions: fc.uniqueArray(place, { selector: placeOf }),
  committed: fc.uniqueArray(offset, { selector: placeOf }),
  targets: fc.uniqueArray(offset, { selector: placeOf }),
});

test("every partition that is meant is planned or named as unknown, once; no other is touched", () => {
  fc.assert(
    fc.property(input, ({ partitions, committed, targets }) => {
      const { offsets, unknown } = planReset({ partitions, committed, targets });
      expect([...offsets, ...unknown].map(placeOf).sort()).toEqual(partitions.map(placeOf).sort());
      expect(offsets).toEqual(offsets.toSorted(comparePartitions));
    }),
  );
});

test("what is written is the target, never a negative offset, and nothing else", () => {
  fc.assert(
    fc.property(input, ({ partitions, committed, targets }) => {
      const plan = planReset({ partitions, committed, targets });
      for (const written of offsetsToWrite(plan)) {
        expect(written.offset).toBeGreaterThanOrEqual(0);
        expect(targets).toContainEqual(written);
      }
    }),
  );
});

test("a reset that was carried out changes nothing when it is planned again", () => {
  fc.assert(
    fc.property(input, ({ partitions, committed, targets }) => {
      const plan = planReset({ partitions, committed, targets });
      for (const { old, new: target, difference } of plan.offsets) {
        expect(difference).toBe(old === null ? null : target - old);
      }
      const again = planReset({ partitions, committed: offsetsToWrite(plan), targets });
      expect<(number | null)[]>(again.offsets.map(({ difference }) => difference)).toEqual(
        plan.offsets.map(() => 0),
      );
    }),
  );
});
