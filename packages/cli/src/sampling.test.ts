import { expect, test } from "bun:test";
import fc from "fast-check";
import { samplePlaces } from "./sampling.ts";

const sizes = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 12 });

test("places are as many as asked for, different, within what each partition holds, and share out by size", () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 300 }), (sizes, count) => {
      const beginnings = sizes.map((size, partition) => {
        return { topic: "t", partition, first: 0, start: 10 * partition, end: 10 * partition + size };
      });
      const places = samplePlaces(beginnings, count);
      const total = sizes.reduce((sum, size) => sum + size, 0);
      let found = 0;
      for (const [{ start, end }, offsets] of places) {
        expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
        expect(offsets.every((offset) => offset >= start && offset < end)).toBe(true);
        expect(
          Math.abs(offsets.length - (Math.min(count, total) * (end - start)) / Math.max(1, total)),
        ).toBeLessThanOrEqual(1);
        found += offsets.length;
      }
      expect(found).toBe(Math.min(count, total));
    }),
  );
});
