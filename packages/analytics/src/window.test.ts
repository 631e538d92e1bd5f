import { expect, test } from "bun:test";
import fc from "fast-check";
import { BUCKET_MS, createWindow, readWindow, WINDOW_MS } from "./window.ts";

const NOW = Date.UTC(2026, 0, 1, 12);

test("an event counts for a minute by its own time, and no longer", () => {
  const window = createWindow();
  window.add(NOW, NOW);
  expect(window.count(NOW)).toBe(1);
  expect(window.count(NOW + WINDOW_MS - 1)).toBe(1);
  expect(window.count(NOW + WINDOW_MS)).toBe(0);
});

test("an event that comes late counts for what is left of its minute", () => {
  const window = createWindow();
  window.add(NOW - 45_000, NOW);
  expect(window.count(NOW)).toBe(1);
  expect(window.count(NOW + 15_000)).toBe(0);
});

test("an event older than the window, of the year 1900 or of no time at all changes nothing", () => {
  const window = createWindow();
  window.add(NOW - WINDOW_MS, NOW);
  window.add(Date.UTC(1900), NOW);
  window.add(Number.NaN, NOW);
  expect([window.count(NOW), window.write()]).toEqual([0, ""]);
});

test("an event ahead of the clock counts as now", () => {
  const window = createWindow();
  window.add(NOW + 3_600_000, NOW);
  expect(window.count(NOW)).toBe(1);
  expect(window.count(NOW + WINDOW_MS)).toBe(0);
});

test("a clock set back hides what is ahead of it, and shows it again when it gets there", () => {
  const window = createWindow();
  window.add(NOW, NOW);
  expect(window.count(NOW - 10_000)).toBe(0);
  window.add(NOW - 10_000, NOW - 10_000);
  expect(window.count(NOW - 10_000)).toBe(1);
  expect(window.count(NOW)).toBe(2);
});

const ages = fc.array(
  fc.record({
    stepMs: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.constant(0), fc.integer({ min: 0, max: 90_000 })),
    ageMs: fc.integer({ min: -5_000, max: 130_000 }),
  }),
  { maxLength: 200 },
);

test("the count is what a list of all events gives, at the window's resolution, also carried on by another", () => {
  fc.assert(
    fc.property(ages, fc.nat({ max: 200 }), (events, handover) => {
      let window = createWindow();
      let now = NOW;
      const buckets: number[] = [];
      for (const [index, { stepMs, ageMs }] of events.entries()) {
        if (index === handover) window = readWindow(window.write());
        now += stepMs;
        window.add(now - ageMs, now);
        buckets.push(Math.floor(Math.min(now - ageMs, now) / BUCKET_MS));
        const last = Math.floor(now / BUCKET_MS);
        const within = buckets.filter((bucket) => bucket > last - WINDOW_MS / BUCKET_MS && bucket <= last);
        expect(window.count(now)).toBe(within.length);
      }
    }),
  );
});

test("what is written reads back the same, and stays short", () => {
  fc.assert(
    fc.property(ages, (events) => {
      const window = createWindow();
      for (const { ageMs } of events) window.add(NOW - ageMs, NOW);
      const text = window.write();
      expect(readWindow(text).write()).toBe(text);
      expect(readWindow(text).count(NOW)).toBe(window.count(NOW));
    }),
  );
  const full = createWindow();
  for (let at = NOW - WINDOW_MS; at <= NOW; at++) for (let n = 0; n < 100; n++) full.add(at, NOW);
  expect(full.count(NOW)).toBeGreaterThan(5_900_000);
  expect(full.write().length).toBeLessThan(750);
});

test("text that no window wrote is refused", () => {
  const long = `mb3k2:${"1,".repeat(120)}1`;
  for (const text of [
    "x",
    ":",
    "1:",
    "5",
    "mb3k2:-1",
    "mb3k2:1.5",
    "mb3k2:01",
    "mb3k2:1 ",
    "mb3k2:1,",
    "2:1,1,1,1",
    long,
  ]) {
    expect(() => readWindow(text)).toThrow("not a sliding window");
  }
});

test("any text is either refused or reads back as itself", () => {
  const alphabet = fc.constantFrom(..."0123456789abcxyz:,,,,-. ");
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: alphabet }), fc.string()), (text) => {
      try {
        expect(readWindow(text).write()).toBe(text);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});
