/** How fast a topic was worked off, seen from outside at intervals. */
import { RunFailed } from "./subject-process.ts";

/** How many records were done with at a moment. */
export interface CountSample {
  readonly atMs: number;
  readonly count: number;
}

export interface Pace {
  /** Records within the clock, and how long they took. */
  readonly count: number;
  readonly seconds: number;
  /** When the first was seen to be done with. */
  readonly firstAtMs: number;
}

/**
 * The clock runs from the moment when at least `warmup` records were done with until all `total` were.
 * @throws RunFailed when that was one moment
 */
export function paceOfCounts(seen: readonly CountSample[], total: number, warmup: number): Pace {
  const first = seen.find(({ count }) => count > 0);
  const start = seen.find(({ count }) => count > 0 && count >= warmup);
  const end = seen.find(({ count }) => count === total);
  if (!first || !start || !end) throw new RunFailed("not all records could be seen in time");
  if (end.atMs <= start.atMs)
    throw new RunFailed(`${total} records are too few: they were done with at one moment (--records)`);
  return {
    count: total - start.count,
    seconds: (end.atMs - start.atMs) / 1000,
    firstAtMs: first.atMs,
  };
}
