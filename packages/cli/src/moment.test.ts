import { expect, test } from "bun:test";
import { formatDuration, formatTime, readDuration, readMoment, readTime } from "./moment.ts";

test.each([
  ["500ms", 500],
  ["30s", 30_000],
  ["1.5h", 5_400_000],
  ["7d", 604_800_000],
  ["", undefined],
  ["5", undefined],
  ["-5m", undefined],
  ["5 m", undefined],
])("the duration %p", (text, ms) => {
  expect(readDuration(text)).toBe(ms);
});

test("a time needs its zone, or to be a day", () => {
  expect(readTime("2026-01-01")).toBe(Date.UTC(2026, 0, 1));
  expect(readTime("2026-01-01T10:00:00+02:00")).toBe(Date.UTC(2026, 0, 1, 8));
  expect(readTime("2026-01-01T10:00:00")).toBeUndefined();
  expect(readTime("2026-13-01")).toBeUndefined();
  expect(readMoment("1m", 100_000)).toBe(40_000);
});

test.each([
  [0, "0ms"],
  [999.4, "999ms"],
  [12_540, "12.5s"],
  [200_000, "3m20s"],
  [3_600_000, "1h"],
  [7_500_000, "2h5m"],
  [273_600_000, "3d4h"],
])("%p ms is %p", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test("a time nobody gave, and one no calendar has", () => {
  expect([formatTime(-1), formatTime(null), formatTime(0)]).toEqual([null, null, "1970-01-01T00:00:00.000Z"]);
  expect(formatTime(1e18)).toBe("+275760-09-13T00:00:00.000Z");
});
