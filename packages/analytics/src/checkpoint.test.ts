import { expect, test } from "bun:test";
import fc from "fast-check";
import {
  METADATA_MAX_BYTES,
  readCheckpoint,
  readCommit,
  writeCheckpoint,
  writePointer,
} from "./checkpoint.ts";
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

test("what is written is read back with its offset", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), anyCounts, (offset, counts) => {
      const text = writeCheckpoint(offset, counts);
      const read = readCheckpoint(text);
      expect(read.offset).toBe(offset);
      expect(totalsOf([read.counts], NOW)).toEqual(totalsOf([counts], NOW));
      expect(writeCheckpoint(offset, read.counts)).toBe(text);
      expect(readCommit(offset, text)).toMatchObject({ kind: "counts", counts: { orders: counts.orders } });
    }),
  );
});

test("what version 1 wrote beside its commits is read", () => {
  const text = '{"version":1,"offset":17,"orders":9,"reserved":4,"failed":1,"last_minute":"mb3k2x:3"}';
  expect(readCheckpoint(text)).toMatchObject({ offset: 17, counts: { orders: 9, reserved: 4, failed: 1 } });
});

test("an offset that was moved, or was set without metadata, has no counts", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), anyCounts, (offset, other, counts) => {
      fc.pre(offset !== other);
      for (const metadata of [writeCheckpoint(offset, counts), writePointer(offset), "", undefined]) {
        expect(readCommit(other, metadata)).toEqual({ kind: "none" });
      }
    }),
  );
});

test("a commit can say that its counts lie in the state topic", () => {
  expect(readCommit(7, writePointer(7))).toEqual({ kind: "pointer" });
});

test("what is written fits the brokers' default limit, however much was counted", () => {
  const most = Number.MAX_SAFE_INTEGER;
  const counts: Counts = { ...createCounts(), orders: most, reserved: most, failed: most };
  // A bucket holds 32 bits: at most seven base-36 digits.
  const lastMinute = { ...counts.lastMinute, write: () => `mb3k2x:${"zzzzzzz,".repeat(120)}` };
  expect(writeCheckpoint(most, { ...counts, lastMinute }).length).toBeLessThan(METADATA_MAX_BYTES / 2);
});

test("text of others is refused and not taken for zero; of a version to come, it is said so", () => {
  const written = JSON.parse(writeCheckpoint(7, createCounts()));
  const foreign = [
    "consumer-1 was here",
    "null",
    "[]",
    "{}",
    JSON.stringify({ ...written, orders: -1 }),
    JSON.stringify({ ...written, failed: "3" }),
    JSON.stringify({ ...written, last_minute: null }),
  ];
  for (const text of foreign) {
    expect(() => readCommit(7, text)).toThrow("analytics did not write this");
    expect(() => readCheckpoint(text)).toThrow("analytics did not write this");
  }
  const newer = JSON.stringify({ ...written, version: 3 });
  expect(() => readCommit(7, newer)).toThrow(/version 3 of analytics' format is not known.*Run the program/);
  expect(() => readCheckpoint(JSON.stringify({ ...written, last_minute: "!" }))).toThrow(RangeError);
});
