/**
 * Shows that the log can be read again: analytics stopped, its offsets set back to the earliest record, started anew, and it comes to the same
 * totals. A tool to use by hand against a running system, and the same steps as a function for the tests.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Admin, createAdmin } from "@campus/kafka";
import { GROUP_TOPICS } from "./consumer-lag.ts";
import { CommandError, HOW_TO_START, runCommand, untilStopped, wholeNumber } from "./support/command.ts";
import { readLag, untilDrained } from "./support/group.ts";
import { type Metrics, readMetrics } from "./support/system.ts";
import { until } from "./support/until.ts";

const ROOT = join(import.meta.dir, "..");

const USAGE = `Usage: bun tests/replay.ts [--bootstrap-server HOST:PORT] [--metrics-file FILE] [--timeout SECONDS]

Shows on a running system that a replay gives the same totals. It says when to stop analytics, sets the group's offsets back with
tests/reset_offset.sh, and says when to start it again. Place no orders meanwhile.

  --bootstrap-server   the cluster (default: KAFKA_BROKER, else 127.0.0.1:9092)
  --metrics-file FILE  what analytics writes (default: analytics_output/metrics_output.json of this project)
  --timeout SECONDS    how long to wait for each step (default: 300)

Exit codes: 0 the same totals, 1 others, 2 bad arguments.`;

const GROUP = "analytics-group";
const TOPICS = GROUP_TOPICS[GROUP]!;

/** The figures that depend on what is in the log alone, and not on when it is read. */
const TOTALS = [
  "total_orders",
  "failed_orders",
  "reserved_orders",
  "failure_rate_percent",
  "success_rate_percent",
] as const satisfies readonly (keyof Metrics)[];

export type Totals = Readonly<Record<(typeof TOTALS)[number], number>>;

export interface ReplayExercise {
  readonly admin: Admin;
  readonly metricsFile: string;
  /** Resolves when analytics runs nowhere. */
  readonly stopAnalytics: () => Promise<void>;
  /** Sets the offsets of the group to the earliest. */
  readonly resetOffsets: () => Promise<void>;
  readonly startAnalytics: () => Promise<void>;
  /** Of each step. */
  readonly deadlineMs: number;
}

export interface ReplayOutcome {
  readonly before: Totals;
  readonly after: Totals;
  /** Records that came into the topics meanwhile: with any, the totals can't be the same. */
  readonly newRecords: number;
  readonly replayedRecords: number;
  readonly same: boolean;
}

export async function exerciseReplay(exercise: ReplayExercise): Promise<ReplayOutcome> {
  const { admin, deadlineMs } = exercise;
  const before = await settledTotals(exercise);
  const start = await readLag(admin, GROUP, TOPICS);
  await exercise.stopAnalytics();
  await exercise.resetOffsets();
  const { total: replayedRecords } = await readLag(admin, GROUP, TOPICS);
  if (start.end > 0 && replayedRecords === 0) {
    throw new CommandError(`The offsets of ${GROUP} are at the end still: nothing was reset.`);
  }
  await exercise.startAnalytics();
  const after = await settledTotals(exercise);
  const { end } = await untilDrained(admin, GROUP, TOPICS, { deadlineMs });
  const same = TOTALS.every((name) => before[name] === after[name]);
  return { before, after, newRecords: end - start.end, replayedRecords, same };
}

/** The totals once everything is decided and counted, in a file that was written after that. */
async function settledTotals({ admin, metricsFile, deadlineMs }: ReplayExercise): Promise<Totals> {
  await untilDrained(admin, "inventory-group", GROUP_TOPICS["inventory-group"]!, { deadlineMs });
  await untilDrained(admin, GROUP, TOPICS, { deadlineMs });
  const countedAt = Date.now();
  let metrics: Metrics | undefined;
  const isNew = async () => {
    metrics = await readMetrics(metricsFile);
    return metrics !== undefined && Date.parse(metrics.timestamp) > countedAt;
  };
  await until(`${metricsFile} is written anew`, isNew, { deadlineMs });
  return Object.fromEntries(TOTALS.map((name) => [name, metrics![name]])) as Totals;
}

/** Sets a group's offsets by `tests/reset_offset.sh`. @throws with what the script said when it refuses */
export async function resetByScript(...args: readonly string[]): Promise<string> {
  const child = Bun.spawn([join(import.meta.dir, "reset_offset.sh"), ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  if (exitCode !== 0)
    throw new CommandError(`tests/reset_offset.sh ended with ${exitCode}:\n${stdout}${stderr}`);
  return stdout;
}

/** The totals before and after, side by side. */
export function formatReplay({ before, after }: ReplayOutcome): string {
  const width = Math.max(...TOTALS.map((name) => name.length));
  return TOTALS.map((name) => {
    const sign = before[name] === after[name] ? "=" : "≠";
    return `  ${name.padEnd(width)}  ${before[name]} ${sign} ${after[name]}`;
  }).join("\n");
}

async function command(): Promise<number> {
  const { values } = parseArgs({
    options: {
      "bootstrap-server": { type: "string", default: process.env.KAFKA_BROKER || "127.0.0.1:9092" },
      "metrics-file": { type: "string", default: join(ROOT, "analytics_output/metrics_output.json") },
      timeout: { type: "string", default: "300" },
    },
  });
  const brokers = values["bootstrap-server"];
  const deadlineMs = 1000 * wholeNumber("timeout", values.timeout, { min: 1, max: 86_400 });
  await using admin = createAdmin({ brokers, onLog: () => undefined });
  console.log("Waiting until everything is decided and counted…");
  const outcome = await exerciseReplay({
    admin,
    metricsFile: values["metrics-file"],
    stopAnalytics: () => untilStopped(admin, GROUP, deadlineMs),
    async resetOffsets() {
      console.log(await resetByScript("--to-earliest", "--group", GROUP, "--bootstrap-server", brokers));
    },
    async startAnalytics() {
      console.log(`Now start analytics again:\n${HOW_TO_START}`);
    },
    deadlineMs,
  });
  console.log(
    `\nBefore and after the replay of ${outcome.replayedRecords} records:\n${formatReplay(outcome)}`,
  );
  if (outcome.newRecords > 0) {
    throw new CommandError(
      `${outcome.newRecords} records came in meanwhile, so these can't be compared: try again without new orders.`,
    );
  }
  return outcome.same ? 0 : 1;
}

if (import.meta.main) await runCommand(USAGE, command);
