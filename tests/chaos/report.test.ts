import { expect, test } from "bun:test";
import { type Report, renderReport } from "./report.ts";

const context = { date: "2026-01-01", machine: "a machine" };
const row = {
  ...{
    name: "broker-kills",
    what: "202s lost",
    goal: "0",
    measured: "0 lost over 30 kills",
    counts: "100 orders",
  },
  ...{ findings: [], isReached: true, seed: 7, times: 30, elapsedMs: 61_400 },
};
const control = { name: "no-rewind", what: "no rewind", isCaught: true, finding: "missing: a|b\nand more" };

function rendered(report: Partial<Report>): string {
  return renderReport({ rows: [row], controls: [control], seed: 7, ...report }, context);
}

test("a row has its goal, its figure, its counts and the command that does it again", () => {
  const text = rendered({});
  expect(text).toContain("\n| 202s lost | 0 | 0 lost over 30 kills | 100 orders |\n");
  expect(text).toMatch(/\nbun run chaos --scenario broker-kills --seed 7 --times 30 +# 61 s\n/);
  expect(text).toContain("\n| planted bugs caught | 1 of 1 | 1 of 1 | no-rewind |\n");
  expect(text).toContain("\n| no rewind | missing: a\\|b | yes |\n");
  expect(text).not.toContain("missed");
});

test("what was missed is said in the table and told below it", () => {
  const missed = {
    ...row,
    measured: "2 lost",
    isReached: false,
    findings: ["2 orders answered 202 are not in the log"],
  };
  const text = rendered({ rows: [row, missed], controls: [{ ...control, isCaught: false }] });
  expect(text).toContain("| 202s lost | 0 | **missed**: 2 lost | 100 orders |");
  expect(text).toContain("- 2 orders answered 202 are not in the log\n");
  expect(text).toContain("| **missed**: 0 of 1 |");
});
