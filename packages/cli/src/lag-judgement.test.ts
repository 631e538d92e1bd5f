import { expect, test } from "bun:test";
import type { GroupLag } from "./group-lag.ts";
import { judge, type Limits, Progress } from "./lag-judgement.ts";

const LIMITS: Limits = { failOver: 100, maxAgeMs: 5_000, stalledAfterMs: 10_000 };

/** A group with one partition, at an offset of a log that ends somewhere. */
function group(committed: number | null, end: number, ageMs: number | null = 0): GroupLag {
  const lag = committed === null ? null : end - committed;
  const place = { topic: "t", partition: 0, committed, end, lag, ageMs };
  const partitions = [{ ...place, memberId: null, clientId: null, host: null }];
  return { groupId: "g", state: "Stable", members: [], committed: [], partitions };
}

/** What the last of a row of looks says, each so many milliseconds after the one before. */
function watch(everyMs: number, ...looks: readonly GroupLag[]) {
  const progress = new Progress();
  for (const [i, look] of looks.entries()) progress.take([look], i * everyMs);
  return judge(looks.at(-1)!, LIMITS, progress);
}

test("one look: fine, too far behind, too old, unknown", () => {
  expect(judge(group(10, 10), LIMITS, undefined)).toMatchObject({ state: "OK", lag: 0, rate: null });
  expect(judge(group(10, 110, 5_000), LIMITS, undefined)).toMatchObject({ state: "OK", lag: 100 });
  expect(judge(group(10, 111), LIMITS, undefined)).toMatchObject({ state: "WARN" });
  expect(judge(group(10, 11, 5_001), LIMITS, undefined)).toMatchObject({
    state: "WARN",
    partitions: [{ state: "WARN" }],
  });
  expect(judge(group(null, 11, null), LIMITS, undefined)).toMatchObject({
    state: "OK",
    partitions: [{ state: null }],
  });
});

test("rates, and when it will have caught up", () => {
  const seen = watch(1_000, group(0, 100), group(30, 110), group(60, 120));
  expect(seen).toMatchObject({ lag: 60, rate: 30, caughtUpMs: 3_000 });
  expect(watch(1_000, group(0, 100), group(10, 200))).toMatchObject({ rate: 10, caughtUpMs: null });
  expect(watch(1_000, group(0, 0), group(50, 50))).toMatchObject({ rate: 50, caughtUpMs: 0 });
});

test("stalled is who stands with lag for long enough, and nobody else", () => {
  const standing = Array.from({ length: 12 }, () => group(5, 9));
  expect(watch(1_000, ...standing).state).toBe("STALLED");
  expect(watch(1_000, ...standing.slice(0, 10)).state).toBe("OK");
  expect(watch(1_000, ...Array.from({ length: 20 }, () => group(9, 9))).state).toBe("OK");
  // What was idle for long and has just got something to read.
  expect(watch(1_000, ...Array.from({ length: 20 }, () => group(9, 9)), group(9, 12)).state).toBe("OK");
  expect(watch(1_000, ...standing, group(6, 9)).state).toBe("OK");
});
