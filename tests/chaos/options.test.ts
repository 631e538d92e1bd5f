import { expect, test } from "bun:test";
import { CONTROLS } from "./controls/index.ts";
import { readOptions, UsageError } from "./options.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { FAULT_KINDS } from "./schedule.ts";
import { timesOf } from "./statistics.ts";

const read = (line: string) => readOptions(line.split(" ").filter(Boolean));

test("what is given is read, and the rest has its defaults", () => {
  expect(read("--seed 7 --seconds 30 --faults cut,delay --rate 10 --json x.json")).toMatchObject({
    ...{ seed: 7, seconds: 30, kinds: ["cut", "delay"], rate: 10, jsonFile: "x.json", report: false },
  });
  expect(read("")).toMatchObject({ seconds: 60, kinds: FAULT_KINDS, controls: false, scenario: undefined });
  expect(read("--controls")).toMatchObject({ controls: true });
  expect(read("--controls no-rewind")).toMatchObject({ controls: "no-rewind" });
});

test.each([
  "--seed x",
  "--seed -1",
  "--seconds 5",
  "--faults fire",
  "--what",
  "more",
  "--controls --report",
  "--cost x",
])("%s is refused", (line) => {
  expect(() => read(line)).toThrow(UsageError);
});

test("every figure and every planted bug has a name of its own, and its program is there", async () => {
  for (const all of [SCENARIOS, CONTROLS]) expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  expect(CONTROLS).toHaveLength(5);
});

test("times by the nearest rank", () => {
  expect(timesOf([])).toEqual({ count: 0, p50Ms: 0, p95Ms: 0, maxMs: 0 });
  expect(timesOf([3, 1, 2])).toEqual({ count: 3, p50Ms: 2, p95Ms: 3, maxMs: 3 });
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  expect(timesOf(hundred)).toEqual({ count: 100, p50Ms: 50, p95Ms: 95, maxMs: 100 });
});
