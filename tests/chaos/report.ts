/** tests/RELIABILITY.md, written from runs: what was to be reached, what was measured, and the command that does it again. */
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { COST_GOAL, type Cost } from "./cost.ts";
import type { Scenario, ScenarioResult } from "./scenario.ts";

export const REPORT_FILE = join(import.meta.dir, "../RELIABILITY.md");

export interface ScenarioRow extends ScenarioResult {
  readonly name: string;
  readonly what: string;
  readonly goal: string;
  readonly isReached: boolean;
  readonly seed: number;
  readonly times: number;
  readonly elapsedMs: number;
}

export interface ControlRow {
  readonly name: string;
  readonly what: string;
  readonly isCaught: boolean;
  readonly finding: string;
}

export function rowOf(
  { name, what, goal }: Scenario,
  result: ScenarioResult,
  ran: Pick<ScenarioRow, "seed" | "times" | "elapsedMs">,
): ScenarioRow {
  return { name, what, goal, ...result, ...ran, isReached: result.findings.length === 0 };
}

export interface Report {
  readonly rows: readonly ScenarioRow[];
  readonly controls: readonly ControlRow[];
  readonly seed: number;
  /** Measured apart, with nothing else on the machine. */
  readonly cost?: Cost | undefined;
}

/** Writes the file and returns its name. */
export async function writeReport(report: Report, path = REPORT_FILE): Promise<string> {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Bun ${Bun.version}`;
  await Bun.write(path, renderReport(report, { date: new Date().toISOString().slice(0, 10), machine }));
  return "tests/RELIABILITY.md";
}

/** The text. Pure. */
export function renderReport(
  { rows, controls, seed, cost }: Report,
  { date, machine }: { readonly date: string; readonly machine: string },
): string {
  const caught = controls.filter(({ isCaught }) => isCaught).length;
  const figures = rows.map(({ what, goal, measured, isReached, counts }) => {
    return `| ${what} | ${goal} | ${isReached ? "" : "**missed**: "}${measured} | ${counts} |`;
  });
  const commands = rows.map(({ name, seed, times, elapsedMs }) => {
    const line = `bun run chaos --scenario ${name} --seed ${seed} --times ${times}`;
    return `${line.padEnd(70)} # ${Math.round(elapsedMs / 1_000)} s`;
  });
  const priced = cost && {
    row: `| cost: orders a second of the exactly-once inventory ÷ franz-go's GroupTransactSession, ÷ Kafka Streams \`exactly_once_v2\` | ${COST_GOAL} | ${cost.isReached ? "" : "**missed**: "}${cost.measured} | ${cost.counts} |`,
    command: `${cost.command.padEnd(70)} # the cost`,
  };
  const missed = rows.filter(({ isReached }) => !isReached);
  return `# Reliability, measured

Written by \`bun run chaos --report --seed ${seed}\` on ${date} (${machine}). Every run is the whole system: three real Kafka nodes
(replication 3, \`min.insync.replicas\` 2) and the services as processes on the same machine, which reach Kafka through a proxy; clients that order over
HTTP under Idempotency-Keys and try again at another instance until they are answered 202. After each the history of what clients were told is held against
the log, \`bun run orders verify\` against the topics and the metrics file. One record in a hundred is poison throughout.

| what | goal | measured | counts |
|---|---|---|---|
${figures.join("\n")}
| planted bugs caught | ${controls.length} of ${controls.length} | ${caught === controls.length ? "" : "**missed**: "}${caught} of ${controls.length} | ${controls.map(({ name }) => name).join(", ")} |
${priced ? `${priced.row}\n` : ""}${missed.map(({ what, findings }) => `\nWhat was missed in “${what}”:\n\n${findings.map((finding) => `- ${firstLine(finding)}\n`).join("")}`).join("")}
## Planted bugs

A checker that finds nothing has to show that it can. Each of these is the real system with one piece sabotaged (\`tests/chaos/controls\`).

| bug | first finding | caught |
|---|---|---|
${controls.map(({ what, finding, isCaught }) => `| ${what} | ${firstLine(finding)} | ${isCaught ? "yes" : "**no**"} |`).join("\n")}

## The same again

\`\`\`sh
${commands.join("\n")}
bun run chaos --controls --seed ${seed}
${priced ? `${priced.command}\n` : ""}bun run chaos --seed 1 --seconds 600        # everything at once, by a plan that the seed decides
\`\`\`

Times depend on the machine, and so does where exactly in its work a process is struck; which faults come in which order does not.
`;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.replaceAll("|", "\\|");
}
