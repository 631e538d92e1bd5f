/**
 * How many events happened in the last minute: a ring of half-second buckets, by event time against the clock. Bounded
 * memory whatever comes, pure (the clock is an argument), and small enough as text to travel with a commit, so
 * that a restart or another instance goes on with the same minute.
 */
/** The length of the window. */
export const WINDOW_MS = 60_000;

/** The window's resolution: its far end moves in steps of this, so it spans between 59.5 and 60 s. */
export const BUCKET_MS = 500;

const BUCKETS = WINDOW_MS / BUCKET_MS;

export interface SlidingWindow {
  /**
   * Takes in one event. One older than the window changes nothing. One ahead of the clock counts as now: we hold
   * it, so it has happened, and it is the clocks that differ.
   */
  add(timestampMs: number, nowMs: number): void;
  /** The events of the minute that ends now. */
  count(nowMs: number): number;
  /** The window as text of at most a few hundred characters, for `readWindow`. */
  write(): string;
}

/** An empty window. */
export function createWindow(): SlidingWindow {
  return windowOver(new Float64Array(BUCKETS), new Uint32Array(BUCKETS));
}

/**
 * The window that `write` wrote: its newest bucket, then the counts from that one back.
 * @throws RangeError when the text is nothing that `write` writes
 */
export function readWindow(text: string): SlidingWindow {
  const ids = new Float64Array(BUCKETS);
  const counts = new Uint32Array(BUCKETS);
  if (text !== "") {
    const [newest = Number.NaN, ...back] = text
      .split(/[:,]/)
      .map((digits) => Number.parseInt(digits || "0", 36));
    for (const [age, count] of back.entries()) {
      const slot = (newest - age) % BUCKETS;
      ids[slot] = newest - age;
      counts[slot] = count;
    }
  }
  const window = windowOver(ids, counts);
  // Every window has one text only, so whatever else was in this one shows here.
  if (window.write() !== text)
    throw new RangeError(`not a sliding window: ${JSON.stringify(text.slice(0, 40))}`);
  return window;
}

/**
 * A ring: bucket `id` (time divided by the bucket's length) lies in slot `id % BUCKETS`, which remembers whose count it
 * holds, so nothing needs turning as the clock goes on.
 */
function windowOver(ids: Float64Array, counts: Uint32Array): SlidingWindow {
  return {
    add(timestampMs, nowMs) {
      const now = Math.floor(nowMs / BUCKET_MS);
      const id = Math.min(Math.floor(timestampMs / BUCKET_MS), now);
      // An event of the year 1900 or of no time at all is as late as any other.
      if (!(id > now - BUCKETS && id >= 0)) return;
      const slot = id % BUCKETS;
      const held = ids[slot] ?? 0;
      if (held > id) return; // The clock was set back by more than the window since.
      if (held < id) {
        ids[slot] = id;
        counts[slot] = 0;
      }
      counts[slot] = (counts[slot] ?? 0) + 1;
    },

    count(nowMs) {
      const now = Math.floor(nowMs / BUCKET_MS);
      let sum = 0;
      for (let slot = 0; slot < BUCKETS; slot++) {
        const id = ids[slot] ?? 0;
        if (id > now - BUCKETS && id <= now) sum += counts[slot] ?? 0;
      }
      return sum;
    },

    write() {
      let newest = -1;
      for (let slot = 0; slot < BUCKETS; slot++) {
        if (counts[slot] !== 0) newest = Math.max(newest, ids[slot] ?? 0);
      }
      if (newest < 0) return "";
      const back: string[] = [];
      for (let id = newest; id > newest - BUCKETS && id >= 0; id--) {
        const slot = id % BUCKETS;
        const count = ids[slot] === id ? (counts[slot] ?? 0) : 0;
        back.push(count === 0 ? "" : count.toString(36));
      }
      return `${newest.toString(36)}:${back.join(",").replace(/,+$/, "")}`;
    },
  };
}
