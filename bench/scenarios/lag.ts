/**
 * How far the services fall behind, and how soon they are back: the load steps up and down, the inventory is stopped under load and returns.
 */
import { deliveryColumn, extraColumn, figure, rateColumn, subjectColumn } from "../harness/columns.ts";
import { type LagSample, lagNow, services, watchLag } from "../harness/lag-watch.ts";
import { openLoop } from "../harness/open-loop.ts";
import { type OrderSystem, onOrderSystem } from "../harness/order-system.ts";
import type { Bench, Comparison, Result, Scenario, Series } from "../harness/scenario.ts";

interface Phase {
  readonly name: string;
  /** Orders a second. */
  readonly rate: number;
  /** Before the phase's load begins. */
  readonly change?: (system: OrderSystem) => Promise<void> | void;
}

const phases: readonly Phase[] = [
  { name: "2,000/s", rate: 2_000 },
  { name: "10,000/s", rate: 10_000 },
  { name: "20,000/s", rate: 20_000 },
  { name: "back to 2,000/s", rate: 2_000 },
  { name: "inventory stopped", rate: 5_000, change: (system) => system.stop("inventory") },
  { name: "inventory back", rate: 5_000, change: (system) => system.start("inventory") },
];
const ordersPerRequest = 20;
const warmup = { rate: 2_000, seconds: 8 };
/** A group is level when it is behind by no more than what arrives in so long: some of it is always on its way. */
const levelSeconds = 1;
/** After the load. */
const drainMs = 60_000;

interface PhaseRun {
  readonly phase: Phase;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly due: number;
  readonly accepted: number;
}

const load = ({ signal }: Bench, { url }: OrderSystem, { rate }: Pick<Phase, "rate">, seconds: number) =>
  openLoop({ url, rate, seconds, ordersPerRequest }, signal);

async function runPhase(bench: Bench, system: OrderSystem, phase: Phase): Promise<PhaseRun> {
  await phase.change?.(system);
  const startedAt = performance.now();
  const { due, accepted } = await load(bench, system, phase, bench.options.seconds);
  return { phase, startedAt, endedAt: performance.now(), due, accepted };
}

/** Waits until nobody is behind. @returns whether that came in time */
async function drain({ cluster, signal }: Bench): Promise<boolean> {
  const deadline = performance.now() + drainMs;
  while (performance.now() < deadline) {
    const lag = await lagNow(cluster);
    signal.throwIfAborted();
    if (services.every((service) => lag[service] === 0)) return true;
    await Bun.sleep(50);
  }
  return false;
}

/** Seconds from the phase's start until the inventory was level for good; undefined where it was level all along. */
function drainSeconds(samples: readonly LagSample[], { phase, startedAt }: PhaseRun): number | undefined {
  const level = levelSeconds * phase.rate;
  const from = samples.filter(({ atMs }) => atMs >= startedAt);
  const last = from.findLastIndex(({ inventory }) => inventory > level);
  if (last < 0) return undefined;
  const back = from[last + 1];
  return back === undefined ? Number.NaN : (back.atMs - startedAt) / 1_000;
}

function resultOf(run: PhaseRun, samples: readonly LagSample[], isLast: boolean): Result {
  const { phase, startedAt, endedAt, due, accepted } = run;
  const until = isLast ? Number.POSITIVE_INFINITY : endedAt;
  const during = samples.filter(({ atMs }) => atMs >= startedAt && atMs <= until);
  const end = during.at(-1);
  const drained = isLast ? drainSeconds(samples, run) : undefined;
  return {
    ...{ scenario: lag.name, subject: phase.name, title: "the whole system" },
    delivery: "acknowledged by all in-sync replicas, decided exactly once",
    ...{ unit: "orders/s", rounds: 1, count: accepted, rate: accepted / ((endedAt - startedAt) / 1_000) },
    ...(accepted < due && { failed: `${due - accepted} of ${due} orders were not accepted` }),
    extra: {
      inventoryPeak: Math.max(...during.map(({ inventory }) => inventory)),
      inventoryEnd: end?.inventory ?? Number.NaN,
      analyticsPeak: Math.max(...during.map(({ analytics }) => analytics)),
      analyticsEnd: end?.analytics ?? Number.NaN,
      ...(drained !== undefined && { drainSeconds: drained }),
    },
  };
}

function seriesOf(samples: readonly LagSample[], runs: readonly PhaseRun[]): Series[] {
  const start = runs[0]!.startedAt;
  const point = (atMs: number, value: number): readonly [number, number] => [(atMs - start) / 1_000, value];
  const offered = runs.flatMap(({ phase: { rate }, startedAt, endedAt }) => [
    point(startedAt, rate),
    point(endedAt, rate),
  ]);
  return [
    ...services.map((service) => ({
      name: `lag of ${service}`,
      points: samples.map((sample) => point(sample.atMs, sample[service])),
    })),
    { name: "orders a second", points: offered },
  ];
}

async function stepThrough(bench: Bench, system: OrderSystem): Promise<Comparison> {
  const { cluster, progress } = bench;
  await progress.during("lag  warming up", () => load(bench, system, warmup, warmup.seconds));
  await drain(bench);
  const runs: PhaseRun[] = [];
  let samples: readonly LagSample[];
  let isDrained: boolean;
  {
    await using watch = watchLag(cluster);
    samples = watch.samples;
    for (const phase of phases) {
      const run = await progress.during(`lag  ${phase.name}`, () => runPhase(bench, system, phase));
      runs.push(run);
      const { inventory, analytics } = samples.at(-1)!;
      progress.say(`  lag  ${phase.name}: inventory ${figure(inventory)}, analytics ${figure(analytics)}`);
    }
    isDrained = await progress.during("lag  until nobody is behind", () => drain(bench));
  }
  const results = runs.map((run) => resultOf(run, samples, run === runs.at(-1)));
  if (!isDrained)
    results.push({ ...results.at(-1)!, subject: "drained", failed: `not within ${drainMs / 1_000} s` });
  return { results, ratios: {}, series: seriesOf(samples, runs) };
}

export const lag: Scenario = {
  name: "lag",
  title: "how far the services fall behind under changing load, and how soon they are back",
  ratioOf: "nothing",
  better: "lower",
  peers: () => false,
  bounds: {},
  columns: [
    { ...subjectColumn, title: "phase" },
    rateColumn("orders/s"),
    extraColumn("inventory's lag, most", "inventoryPeak", 0),
    extraColumn("at the end", "inventoryEnd", 0),
    extraColumn("analytics' lag, most", "analyticsPeak", 0),
    extraColumn("at the end", "analyticsEnd", 0),
    extraColumn("level again after s", "drainSeconds", 1),
    deliveryColumn,
  ],
  lines: { words: "records a group is behind, and orders a second, over seconds" },
  settings: ({ seconds }) => ({
    generator: `fetch of Bun, open loop, ${ordersPerRequest} orders a request`,
    "seconds a phase": seconds,
    "warm-up": `${warmup.seconds} s at ${figure(warmup.rate)} orders/s`,
    level: `behind by what arrives in ${levelSeconds} s or less`,
  }),
  run: (bench) => onOrderSystem(bench, lag, (system) => stepThrough(bench, system)),
};
