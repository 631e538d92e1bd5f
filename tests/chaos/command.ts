/** What `bun run chaos` does, once it is known what: one run, one scenario, the controls, or all of them for the report. */
import { rm } from "node:fs/promises";
import type { Options } from "./options.ts";
import { type Outcome, runChaos, seconds } from "./run.ts";
import { timesOf } from "./statistics.ts";

const say = (line: string): void => console.log(line);

/** The exit code. @throws UsageError, and what a cluster that can't be started throws */
export async function runCommand(options: Options, signal: AbortSignal): Promise<number> {
  return await runOnce(options, signal);
}

async function runOnce(options: Options, signal: AbortSignal): Promise<number> {
  const { seed, kinds, rate, historyFile, jsonFile } = options;
  say(
    `seed ${seed}, ${options.seconds} s; the same again: bun run chaos --seed ${seed} --seconds ${options.seconds}`,
  );
  if (historyFile !== undefined) await rm(historyFile, { force: true });
  const outcome = await runChaos({
    ...{ seed, seconds: options.seconds, kinds, requestsPerSecond: rate, signal, say },
    ...(historyFile === undefined ? {} : { historyFile }),
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
