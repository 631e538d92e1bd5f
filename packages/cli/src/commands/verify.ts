/** `orders verify`: whether every order has its one decision, and whether the totals say the same. */
import { existsSync } from "node:fs";
import type { Command, Context } from "../command.ts";
import { EXIT_CODE, failed, UsageError } from "../exit-code.ts";
import type { Cell, Column } from "../table.ts";
import { describeExisting } from "../topics.ts";
import type { Comparison } from "../verify/metrics-file.ts";
import { type Verification, verifySystem } from "../verify/verification.ts";

/** Where the analytics writes unless told otherwise. */
const DEFAULT_METRICS_FILE = "analytics_output/metrics_output.json";

export const verify: Command = {
  name: "verify",
  summary: "whether every order was decided once, and the totals say the same",
  description: `Reads order-events, inventory-events and their dead letters from the first record to where they end now, as a consumer of
committed records sees them, and reports what is missing, duplicated, out of order or visible though it was aborted. Nothing is
written, and no consumer is disturbed. Exit code 1 if anything is wrong.

An order that the inventory has not come to yet is pending, not missing; with --wait the system is given so long to come to rest, and
whatever is not decided then is missing. The metrics file is compared where there is one: --metrics, else ANALYTICS_METRICS_FILE, else
${DEFAULT_METRICS_FILE}. Memory: at most 72 bytes an order, and half as much again while it grows.`,
  options: [
    {
      name: "wait",
      value: "DURATION",
      description: "let the system come to rest first, for so long at most, like 30s",
    },
    { name: "metrics", value: "FILE", description: "the analytics' metrics file to compare with" },
    { name: "no-metrics", description: "leave the metrics file out" },
  ],
  examples: [
    ["verify --wait 30s", "all orders so far, decided once each"],
    ["verify --no-metrics --json | jq .missing", "one figure, for a script"],
  ],
  async run(given, context) {
    const waitMs = readDuration(given.value("wait"));
    if (given.flag("no-metrics") && given.value("metrics") !== undefined)
      throw new UsageError("--metrics and --no-metrics exclude each other");
    const metricsFile = given.flag("no-metrics") ? null : findMetricsFile(given.value("metrics"));
    await using connection = await context.connect();
    const { admin, kafka, brokers } = connection;
    if ((await describeExisting(admin, ["order-events"])).length === 0)
      throw failed(`There is no topic "order-events" at ${brokers}: nothing to verify.`);
    const { say } = context.output;
    const { verification } = await verifySystem({ admin, kafka, waitMs, metricsFile, say });
    print(verification, context);
    return verification.ok ? EXIT_CODE.ok : EXIT_CODE.failed;
  },
};

/** The file to compare with, or null where none is named and none lies in its place. @throws CommandError for a named one that is not there */
function findMetricsFile(option: string | undefined): string | null {
  const named = option ?? process.env.ANALYTICS_METRICS_FILE;
  if (named === undefined || named === "")
    return existsSync(DEFAULT_METRICS_FILE) ? DEFAULT_METRICS_FILE : null;
  if (existsSync(named)) return named;
  throw failed(
    `There is no metrics file at ${named}: name another (--metrics FILE), or leave it out (--no-metrics).`,
  );
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000 };

function readDuration(text: string | undefined): number {
  if (text === undefined) return 0;
  const [, amount, unit] = /^(\d{1,6})(ms|s|m)$/.exec(text) ?? [];
  if (amount !== undefined && unit !== undefined) return Number(amount) * UNITS_MS[unit]!;
  throw new UsageError(
    `--wait is ${JSON.stringify(text)}: it takes a duration with its unit, like 500ms, 30s or 2m`,
  );
}

const COLUMNS: readonly Column[] = [
  { title: "WHAT" },
  { title: "COUNT", align: "right" },
  { title: "VERDICT" },
];

function print(verification: Verification, { output }: Context): void {
  if (output.isJson) output.json(verification);
  else output.table(COLUMNS, rowsOf(verification));
  for (const line of verification.examples) output.say(line);
  for (const { topic, partition, start, end } of verification.unread)
    output.say(
      `${topic}/${partition}: offsets ${start} to ${end - 1} could not be read, an open transaction hides them`,
    );
  output.say(summaryOf(verification));
}

function rowsOf(of: Verification): Cell[][] {
  const fact = (what: string, count: Cell): Cell[] => [what, count, ""];
  const fault = (what: string, count: number | null): Cell[] => [
    what,
    count,
    count === null
      ? { text: "can't be told", tone: "faint" }
      : count === 0
        ? { text: "ok", tone: "good" }
        : { text: "WRONG", tone: "bad" },
  ];
  const unread = of.unread.reduce((sum, { start, end }) => sum + (end - start), 0);
  return [
    fact("orders", of.orders),
    fact("orders written again by retries", of.retries),
    fact("decisions", of.decisions),
    fact("orders not decided yet", of.pending),
    fault("missing decisions", of.missing),
    fault("duplicated decisions", of.duplicated),
    fault("decisions out of order", of.outOfOrder),
    fault("decisions without an order", of.withoutOrder),
    fault("aborted decisions seen", of.abortedSeen),
    fact("records that are no event", of.unreadable),
    fault("of them not set aside", of.notSetAside),
    fact("dead letters", of.deadLetters),
    fault("dead letters written twice", of.deadLettersTwice),
    fault("records that could not be read", unread),
    totalsRow(of.totals),
  ];
}

function totalsRow(totals: Comparison): Cell[] {
  const what = `metrics file${totals.path === null ? "" : ` ${totals.path}`}`;
  if (totals.kind === "unknown") return [what, null, { text: totals.reason, tone: "faint" }];
  const { orders } = totals.file;
  return totals.kind === "equal"
    ? [what, orders, { text: "ok", tone: "good" }]
    : [what, orders, { text: `WRONG: ${differences(totals).join(", ")}`, tone: "bad" }];
}

function differences({ file, log }: Exclude<Comparison, { kind: "unknown" }>): string[] {
  return (["orders", "reserved", "failed"] as const)
    .filter((name) => file[name] !== log[name])
    .map((name) => `${name} ${file[name]}, the log has ${log[name]}`);
}

function summaryOf({ ok, records, elapsedMs, orders, decisions }: Verification): string {
  const work = `${records} records in ${(elapsedMs / 1000).toFixed(1)} s`;
  return ok ? `clean: ${orders} orders, ${decisions} decisions (${work})` : `WRONG: see above (${work})`;
}
