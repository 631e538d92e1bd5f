/**
 * A run: a cluster, services and load; faults by a plan; then peace, and everything that was promised is held against the log. Whatever ends it,
 * nothing it started is left: services hang on a pipe of this process, nodes on another, and what is paused on a third.
 */
import { type Verification, verifySystem } from "@campus/cli/verify";
import { type ChaosCluster, startCluster } from "./cluster.ts";
import { type Fleet, type FleetOptions, SESSION_TIMEOUT_MS, startFleet } from "./fleet.ts";
import { createHistory, type History } from "./history.ts";
import { runLane, type Suffered } from "./lane.ts";
import { type Load, startLoad } from "./load.ts";
import { watchMemory } from "./memory.ts";
import { startPoison } from "./poison.ts";
import { brokenPromises, checkPromises, type Promises } from "./promises.ts";
import { followPulse, type Pulse } from "./pulse.ts";
import { FAULT_KINDS, type FaultKind, LANES, type PlannedFault, planFaults } from "./schedule.ts";

/** The longest that accepted orders may wait and the longest without an answer, but for the time all brokers are away. */
const STALL_MS = 30_000;
/** What a system may take to come to rest after the last fault. */
const SETTLE_MS = 60_000;

export interface RunOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly kinds?: readonly FaultKind[];
  /** Instead of the plan that seed, seconds and kinds give. */
  readonly plan?: readonly PlannedFault[];
  readonly requestsPerSecond?: number;
  /** Requests at once at most. */
  readonly clients?: number;
  /** The run goes on until so many orders were accepted, and all faults of a given plan are over. */
  readonly orders?: number;
  readonly batchShare?: number;
  /** Share of the load that is no event. */
  readonly poisonShare?: number;
  readonly fleet?: Omit<FleetOptions, "brokers">;
  /** A cluster that runs already. Its topics must be fresh: a run counts everything that lies in them. */
  readonly cluster?: ChaosCluster;
  readonly historyFile?: string;
  /** A folder for what each instance says. */
  readonly logsFolder?: string | undefined;
  readonly signal?: AbortSignal;
  readonly say?: (line: string) => void;
  /** Done beside the faults, once the load is on; the run ends no sooner. */
  readonly during?: (world: RunWorld, faultsOver: Promise<unknown>) => Promise<void>;
  /** Whether a violated figure (a stall, a late end) is a finding; what is wrong always is. Default true. */
  readonly timings?: boolean;
}

/** What there is while a run goes on. */
export interface RunWorld {
  readonly cluster: ChaosCluster;
  readonly fleet: Fleet;
  readonly load: Load;
  readonly pulse: Pulse;
  readonly history: History;
  readonly signal: AbortSignal;
}

export interface Outcome {
  readonly seed: number;
  readonly seconds: number;
  readonly plan: readonly PlannedFault[];
  readonly faults: readonly Suffered[];
  readonly promises: Promises;
  readonly verification: Verification;
  readonly statuses: Readonly<Record<string, number>>;
  readonly longestWaitMs: number;
  readonly longestSilenceMs: number;
  readonly slowestAnswerMs: number;
  /** Attempts of clients that have ended, and those of them that were not answered within five seconds. */
  readonly answers: number;
  readonly late: number;
  readonly producerPeakMiB: number;
  readonly unaskedEnds: readonly string[];
  readonly terminations: readonly {
    readonly name: string;
    readonly exitCode: number;
    readonly elapsedMs: number;
  }[];
  readonly poison: number;
  /** What is wrong, in words. */
  readonly findings: readonly string[];
}

export async function runChaos(options: RunOptions): Promise<Outcome> {
  const { say = () => {}, signal = new AbortController().signal } = options;
  await using ownCluster = options.cluster === undefined ? await startCluster({ signal }) : undefined;
  const cluster = options.cluster ?? ownCluster!;
  signal.throwIfAborted();
  await using fleet = await startFleet({
    ...options.fleet,
    brokers: cluster.brokers,
    logsFolder: options.logsFolder,
  });
  signal.throwIfAborted();
  await using pulse = followPulse(cluster.direct);
  const history = createHistory(options.historyFile);
  try {
    return await runOn({ cluster, fleet, pulse, history, signal }, options, say);
  } finally {
    await history.close();
  }
}

async function runOn(
  parts: Omit<RunWorld, "load">,
  options: RunOptions,
  say: (line: string) => void,
): Promise<Outcome> {
  const { cluster, fleet, pulse, history, signal } = parts;
  const {
    seed,
    seconds,
    requestsPerSecond = 150,
    orders = 0,
    batchShare,
    clients,
    poisonShare = 0.01,
  } = options;
  const kinds = options.kinds ?? FAULT_KINDS;
  const plan = options.plan ?? planFaults({ seed, seconds, kinds, sessionTimeoutMs: SESSION_TIMEOUT_MS });
  const load = startLoad({
    ...{ urls: fleet.urls, history, pulse, seed, requestsPerSecond },
    ...(clients === undefined ? {} : { clients }),
    ...(batchShare === undefined ? {} : { batchShare }),
  });
  const poison = poisonShare > 0 ? startPoison(cluster.direct, requestsPerSecond * poisonShare) : undefined;
  const memory = watchMemory(() => fleet.of("producer").map((instance) => instance.process.pid));
  const world: RunWorld = { ...parts, load };
  const faults: Suffered[] = [];
  const onSuffered = (suffered: Suffered): void => {
    faults.push(suffered);
    say(describeFault(suffered));
  };
  const lanes = LANES.map((lane) => {
    const own = plan.filter((fault) => fault.lane === lane);
    const untilMs = options.plan === undefined ? seconds * 1_000 : Number.POSITIVE_INFINITY;
    return runLane({ world, pulse, plan: own, untilMs, signal, onSuffered });
  });
  const during = options.during?.(world, Promise.allSettled(lanes));
  // Waited for below; until then a failure must not pass for one that nobody sees.
  for (const work of [...lanes, during]) work?.catch(() => undefined);
  try {
    const isLongEnough = () => pulse.nowMs() >= seconds * 1_000 && load.orders >= orders;
    while (!signal.aborted && !isLongEnough()) await Bun.sleep(50);
    await Promise.all([...lanes, during]);
  } finally {
    await Promise.allSettled(lanes);
    for (const proxy of cluster.proxies) proxy.restore();
    memory.stop();
  }
  signal.throwIfAborted();
  say("the faults are over; the system comes to rest");
  await cluster.untilWhole();
  const longestSilenceMs = load.longestSilenceMs();
  await load.stop();
  await poison?.stop();
  await fleet.untilReady();
  return await judge(world, {
    ...{ seed, seconds, plan, faults, longestSilenceMs },
    producerPeakMiB: memory.peakMiB,
    poison: poison?.written ?? 0,
    timings: options.timings ?? true,
  });
}

/** The system at rest, against what was promised. */
async function judge(
  { cluster, fleet, load, pulse, history }: RunWorld,
  {
    timings,
    ...seen
  }: Pick<
    Outcome,
    "seed" | "seconds" | "plan" | "faults" | "longestSilenceMs" | "producerPeakMiB" | "poison"
  > & {
    readonly timings: boolean;
  },
): Promise<Outcome> {
  const { verification, checker } = await verifySystem({
    admin: cluster.admin,
    kafka: { brokers: cluster.direct },
    waitMs: SETTLE_MS,
    metricsFile: fleet.metricsFile,
  });
  const promises = checkPromises(history.all, checker);
  const outcome = {
    ...seen,
    promises,
    verification,
    statuses: Object.fromEntries([...load.statuses].map(([status, count]) => [String(status), count])),
    longestWaitMs: pulse.longestWaitMs(),
    slowestAnswerMs: load.slowestAnswerMs,
    answers: load.attempts,
    late: load.late,
    unaskedEnds: fleet.unaskedEnds.map(
      ({ name, exitCode, words }) => `${name} ended with ${exitCode}\n${words}`,
    ),
    terminations: fleet
      .all()
      .flatMap(({ name, terminations }) => terminations.map((termination) => ({ name, ...termination }))),
  };
  const findings = [
    ...brokenPromises(promises),
    ...(promises.unanswered > 0 ? [`${promises.unanswered} requests were never answered 202`] : []),
    ...verificationFindings(verification, seen.poison),
    ...outcome.unaskedEnds,
    ...(timings ? lateness(outcome) : []),
  ];
  return { ...outcome, findings };
}

function verificationFindings(verification: Verification, poison: number): string[] {
  const { ok, examples, totals, unread, unreadable } = verification;
  const found = ok ? [] : [...examples];
  if (totals.kind === "unknown") found.push(`the metrics file could not be compared: ${totals.reason}`);
  if (totals.kind === "different")
    found.push(`the metrics file has ${JSON.stringify(totals.file)}, the log ${JSON.stringify(totals.log)}`);
  for (const { topic, partition, start, end } of unread)
    found.push(`${topic}/${partition} could not be read from ${start} to ${end}`);
  // An unknown outcome may have been written after all, so there may be more; never fewer.
  if (unreadable < poison) found.push(`${poison} poison records were written, ${unreadable} are in the log`);
  return found;
}

function lateness({
  faults,
  longestWaitMs,
  longestSilenceMs,
  terminations,
}: Omit<Outcome, "findings">): string[] {
  const outages = faults.some(({ kind }) => kind === "all-brokers");
  const found: string[] = [];
  for (const { kind, target, atMs, recoveredMs } of faults) {
    if (recoveredMs === undefined)
      found.push(`the system did not get over ${kind} of ${target} at ${seconds(atMs)} s`);
  }
  if (!outages && longestWaitMs > STALL_MS)
    found.push(`an accepted order waited ${seconds(longestWaitMs)} s for its decision`);
  if (!outages && longestSilenceMs > STALL_MS)
    found.push(`no order was accepted for ${seconds(longestSilenceMs)} s`);
  for (const { name, exitCode, elapsedMs } of terminations) {
    if (exitCode !== 0) found.push(`${name} ended with ${exitCode} after SIGTERM`);
    if (elapsedMs > 10_000) found.push(`${name} took ${seconds(elapsedMs)} s to end after SIGTERM`);
  }
  return found;
}

export function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

function describeFault({ kind, target, atMs, recoveredMs, answeredMs }: Suffered): string {
  const over = recoveredMs === undefined ? "NOT over" : `over after ${seconds(recoveredMs)} s`;
  const answered = answeredMs === undefined ? "" : `, its requests answered after ${seconds(answeredMs)} s`;
  return `${seconds(atMs).padStart(7)} s  ${kind} of ${target}: ${over}${answered}`;
}
