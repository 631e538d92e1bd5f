import { expect, test } from "bun:test";
import { costOf } from "./cost.ts";
import { UsageError } from "./options.ts";
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

test("the cost is read from a bench, and is a row with its own command", () => {
  const bench = {
    command: "bun bench inventory --json x",
    ratios: {
      "inventory/franz-go-one-session": 2.219,
      "inventory/kafka-streams": 2.5,
      "inventory/franz-go": 1.59,
    },
    results: [{ scenario: "inventory", subject: "ours", rate: 529_794.4 }],
  };
  const text = rendered({ cost: costOf(bench, "x") });
  expect(text).toContain("| ≥ 2; ≥ 1.7 | 2.22; 2.50 | 529794 orders a second; ");
  expect(text).toMatch(/\nbun bench inventory --json x +# the cost\n/);
  const dear = { ...bench, ratios: { ...bench.ratios, "inventory/kafka-streams": 1.6 } };
  expect(rendered({ cost: costOf(dear, "x") })).toContain("**missed**: 2.22; 1.60");
  for (const other of [null, {}, [], { ratios: { "inventory/franz-go": 2 } }])
    expect(() => costOf(other, "x")).toThrow(UsageError);
  expect(rendered({})).not.toContain("cost");
});
