/** What `bun run chaos` does, once it is known what: one run, one scenario, the controls, or all of them for the report. */
import { rm } from "node:fs/promises";
import { CONTROLS, type Control } from "./controls/index.ts";
import { readCost } from "./cost.ts";
import { createKept } from "./kept.ts";
import { type Options, UsageError } from "./options.ts";
import { type ControlRow, rowOf, type ScenarioRow, writeReport } from "./report.ts";
import { type Outcome, runChaos, seconds } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios/index.ts";
import { timesOf } from "./statistics.ts";

const say = (line: string): void => console.log(line);

/** The exit code. @throws UsageError, and what a cluster that can't be started throws */
export async function runCommand(options: Options, signal: AbortSignal): Promise<number> {
  const { scenario, controls, report } = options;
  if (scenario === "list") {
    for (const { name, what, goal } of SCENARIOS) say(`${name.padEnd(18)} ${what}: ${goal}`);
    return 0;
  }
  if (scenario !== undefined) {
    const { isReached } = await runScenario(named(SCENARIOS, scenario, "scenario"), options, signal);
    return isReached ? 0 : 1;
  }
  if (controls !== false) {
    const chosen = controls === true ? CONTROLS : [named(CONTROLS, controls, "planted bug")];
    return await runControls(chosen, options, signal).then(summariseControls);
  }
  return report ? await runReport(options, signal) : await runOnce(options, signal);
}

function named<T extends { readonly name: string }>(all: readonly T[], name: string, what: string): T {
  const found = all.find((candidate) => candidate.name === name);
  if (found) return found;
  throw new UsageError(`there is no ${what} "${name}"; there are: ${all.map((of) => of.name).join(", ")}`);
}

/** One figure. What goes wrong in its making is a finding: the others are made all the same. */
async function runScenario(scenario: Scenario, options: Options, signal: AbortSignal): Promise<ScenarioRow> {
  const { seed, logsFolder, times = scenario.times } = options;
  say(`— ${scenario.name}: ${scenario.what} (seed ${seed}, ${times} times)`);
  const row = await createKept(options.keepFolder).of(scenario.name, seed, async () => {
    const from = performance.now();
    const result = await scenario.run({ seed, times, logsFolder, signal, say }).catch((error) => {
      if (signal.aborted) throw error;
      return { measured: "not measured", counts: "", findings: [String(error?.message ?? error)] };
    });
    return rowOf(scenario, result, { seed, times, elapsedMs: performance.now() - from });
  });
  for (const finding of row.findings) say(`FINDING  ${finding}`);
  say(
    `${row.isReached ? "reached" : "NOT reached"}: ${scenario.what}: ${row.measured} (goal: ${scenario.goal})`,
  );
  return row;
}

async function runControls(
  controls: readonly Control[],
  { seed, logsFolder, keepFolder }: Options,
  signal: AbortSignal,
): Promise<ControlRow[]> {
  const rows: ControlRow[] = [];
  for (const { name, what, run, isCaught } of controls) {
    say(`— ${name}: ${what} (seed ${seed})`);
    const row = await createKept(keepFolder).of(name, seed, async () => {
      const outcome = await run({ seed, logsFolder, signal, say });
      return { name, what, isCaught: isCaught(outcome), finding: outcome.findings[0] ?? "nothing" };
    });
    say(`${row.isCaught ? "caught" : "NOT CAUGHT"}: ${name}; first finding: ${row.finding}`);
    rows.push(row);
  }
  return rows;
}

function summariseControls(rows: readonly ControlRow[]): number {
  const caught = rows.filter(({ isCaught }) => isCaught).length;
  say(`${caught} of ${rows.length} planted bugs caught`);
  return caught === rows.length ? 0 : 1;
}

/** All of it, into the file. Figures that were not reached are written as they are. */
async function runReport(options: Options, signal: AbortSignal): Promise<number> {
  const cost = options.costFile === undefined ? undefined : await readCost(options.costFile);
  const rows: ScenarioRow[] = [];
  for (const scenario of SCENARIOS) rows.push(await runScenario(scenario, options, signal));
  const controls = await runControls(CONTROLS, options, signal);
  const path = await writeReport({ rows, controls, seed: options.seed, cost });
  const figures = cost === undefined ? rows : [...rows, cost];
  const missed = figures.filter(({ isReached }) => !isReached).length;
  say(`${path} is written`);
  say(`${figures.length - missed} of ${figures.length} figures reached`);
  return summariseControls(controls) === 0 && missed === 0 ? 0 : 1;
}

async function runOnce(options: Options, signal: AbortSignal): Promise<number> {
  const { seed, kinds, rate, historyFile, logsFolder, jsonFile } = options;
  say(
    `seed ${seed}, ${options.seconds} s; the same again: bun run chaos --seed ${seed} --seconds ${options.seconds}`,
  );
  if (historyFile !== undefined) await rm(historyFile, { force: true });
  const outcome = await runChaos({
    ...{ seed, seconds: options.seconds, kinds, requestsPerSecond: rate, signal, say },
    ...(historyFile === undefined ? {} : { historyFile }),
    logsFolder,
  });
  if (jsonFile !== undefined) await Bun.write(jsonFile, `${JSON.stringify(outcome, null, 2)}\n`);
  for (const line of figuresOf(outcome)) say(line);
  for (const finding of outcome.findings) say(`FINDING  ${finding}`);
  say(summaryOf(outcome));
  return outcome.findings.length === 0 ? 0 : 1;
}

/** Recovery by kind of fault, and the other times. */
function figuresOf({ faults, ...outcome }: Outcome): string[] {
  const kinds = [...Map.groupBy(faults, ({ kind }) => kind)].sort(([a], [b]) => (a < b ? -1 : 1));
  const recovery = kinds.map(([kind, of]) => {
    const { count, p50Ms, p95Ms, maxMs } = timesOf(of.flatMap(({ recoveredMs }) => recoveredMs ?? []));
    const figures = `p50 ${seconds(p50Ms)} s, p95 ${seconds(p95Ms)} s, most ${seconds(maxMs)} s`;
    return `${kind.padEnd(18)} ${String(count).padStart(3)} times, over after ${figures}`;
  });
  const { longestWaitMs, longestSilenceMs, slowestAnswerMs, producerPeakMiB, terminations } = outcome;
  const { count, maxMs } = timesOf(terminations.map(({ elapsedMs }) => elapsedMs));
  return [
    ...recovery,
    `longest from 202 to decision ${seconds(longestWaitMs)} s, without a 202 ${seconds(longestSilenceMs)} s, slowest answer ${seconds(slowestAnswerMs)} s`,
    `producer ${Math.round(producerPeakMiB)} MiB at most; ${count} ends by SIGTERM, ${seconds(maxMs)} s at most`,
    `answers by status: ${JSON.stringify(outcome.statuses)}`,
  ];
}

function summaryOf({ seed, faults, promises, verification, findings }: Outcome): string {
  const work = `${faults.length} faults, ${promises.accepted} orders accepted, ${verification.decisions} decisions, ${verification.retries} written again by retries`;
  return findings.length === 0
    ? `clean: ${work} (seed ${seed})`
    : `${findings.length} FINDINGS: ${work} (seed ${seed})`;
}
