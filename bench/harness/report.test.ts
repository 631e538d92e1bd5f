import { expect, test } from "bun:test";
import { renderReport } from "./report.ts";
import type { Results } from "./results.ts";
import type { Comparison, Result, Scenario } from "./scenario.ts";

const results = {
  command: "bun bench b",
  date: "2026-11-25T10:00:00Z",
  machine: { cpu: "a processor", cores: 2, memoryGiB: 24, system: "linux" },
  cluster: "one node",
  versions: { bun: "1" },
  settings: { b: { rounds: 3 } },
  unavailable: { python: "there is none" },
} as unknown as Results;

const scenario = {
  name: "b",
  title: "the second",
  columns: [],
  ratioOf: "x",
  better: "higher",
} as unknown as Scenario;
const measured: Comparison = { results: [{ subject: "ours" } as Result], ratios: {} };
const before =
  "# Measured\n\n## `a`: the first\n\nstays\n\n## `b`: the second\n\ngoes\n\n## `z`: no more\n\ngoes\n";
const scenarios = [scenario, { ...scenario, name: "a", title: "the first" }];

test("a run writes its own sections and leaves the others, in the order of the scenarios", () => {
  const report = renderReport(results, [{ scenario, comparison: measured }], { before, scenarios });
  expect(report.match(/^## .*$/gm)).toEqual(["## `b`: the second", "## `a`: the first"]);
  expect(report).toContain("stays");
  expect(report).not.toContain("goes");
  expect(report).toContain("<code>bun bench b</code> on 2026-11-25");
  expect(report).toContain("- Not measured: python, since there is none.");
  // And that is a fixed point.
  expect(renderReport(results, [], { before: report, scenarios })).toBe(report);
});

test("what could not be measured here leaves what was measured before", () => {
  const nothing: Comparison = { results: [], ratios: {} };
  expect(renderReport(results, [{ scenario, comparison: nothing }], { before, scenarios })).toContain("goes");
});
