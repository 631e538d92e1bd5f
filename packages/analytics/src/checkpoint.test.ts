import { expect, test } from "bun:test";
import fc from "fast-check";
import { METADATA_MAX_BYTES, readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { type Counts, createCounts, totalsOf } from "./metrics.ts";

const NOW = Date.UTC(2026, 0, 1, 12);

const anyCounts: fc.Arbitrary<Counts> = fc
  .record({
    orders: fc.maxSafeNat(),
    reserved: fc.maxSafeNat(),
    failed: fc.maxSafeNat(),
    ages: fc.array(fc.integer({ min: 0, max: 70_000 }), { maxLength: 300 }),
  })
  .map(({ ages, ...counted }) => {
    const counts = { ...createCounts(), ...counted };
    for (const ageMs of ages) counts.lastMinute.add(NOW - ageMs, NOW);
    return counts;
  });

test("what is committed with an offset is read back with it", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), anyCounts, (offset, counts) => {
      const read = readCheckpoint(offset, writeCheckpoint(offset, counts));
      expect(totalsOf([read], NOW)).toEqual(totalsOf([counts], NOW));
      expect(writeCheckpoint(offset, read)).toBe(writeCheckpoint(offset, counts));
    }),
  );
});

test("an offset that was moved, or was set without metadata, starts at zero", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), anyCounts, (offset, other, counts) => {
      fc.pre(offset !== other);
      for (const metadata of [writeCheckpoint(offset, counts), "", undefined]) {
        expect(totalsOf([readCheckpoint(other, metadata)], NOW)).toEqual(totalsOf([], NOW));
      }
    }),
  );
});

test("what is written fits the brokers' default limit, however much was counted", () => {
  const most = Number.MAX_SAFE_INTEGER;
  const counts: Counts = { ...createCounts(), orders: most, reserved: most, failed: most };
  // A bucket holds 32 bits: at most seven base-36 digits.
  const lastMinute = { ...counts.lastMinute, write: () => `mb3k2x:${"zzzzzzz,".repeat(120)}` };
  expect(writeCheckpoint(most, { ...counts, lastMinute }).length).toBeLessThan(METADATA_MAX_BYTES / 2);
});

test("metadata of others, or of a version to come, is refused and not taken for zero", () => {
  const written = JSON.parse(writeCheckpoint(7, createCounts()));
  const foreign = [
    "consumer-1 was here",
    "null",
    "[]",
    "{}",
    JSON.stringify({ ...written, version: 2 }),
    JSON.stringify({ ...written, orders: -1 }),
    JSON.stringify({ ...written, failed: "3" }),
    JSON.stringify({ ...written, last_minute: null }),
  ];
  for (const metadata of foreign) {
    expect(() => readCheckpoint(7, metadata)).toThrow("commit metadata that analytics did not write");
  }
  expect(() => readCheckpoint(7, JSON.stringify({ ...written, last_minute: "!" }))).toThrow(RangeError);
});
