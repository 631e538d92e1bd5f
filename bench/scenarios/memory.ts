/** What the services cost beside their throughput: CPU when nobody orders, and resident memory over a long run at a fixed rate. */
import {
  cpuColumn,
  deliveryColumn,
  extraColumn,
  figure,
  rateColumn,
  rssColumn,
  subjectColumn,
} from "../harness/columns.ts";
import { openLoop, requireAllAccepted } from "../harness/open-loop.ts";
import { type OrderSystem, onOrderSystem } from "../harness/order-system.ts";
import type { Usage } from "../harness/process-usage.ts";
import type { Bench, Comparison, Result, Scenario } from "../harness/scenario.ts";
import { slopeOf } from "../harness/statistics.ts";

/** Orders a second. */
const rate = 10_000;
const ordersPerRequest = 20;
/** A long run, as --seconds goes. */
const longRuns = 12;
const settleSeconds = 5;
const idleSeconds = 10;
/** By then every buffer has had its full size once: what grows afterwards is a leak. */
const warmupSeconds = 15;
const pollMs = 1_000;

const services = ["producer", "inventory", "analytics"] as const;
type Service = (typeof services)[number];

function usagesOf({ producer, consumers }: OrderSystem): Record<Service, Usage> {
  return {
    producer: producer.usage(),
    inventory: consumers.get("inventory")!.usage(),
    analytics: consumers.get("analytics")!.usage(),
  };
}

/** Of a core, in percent, since `before`. */
function cpuPercent(before: Usage, after: Usage, seconds: number): number {
  return (100 * ((after.cpuSeconds ?? Number.NaN) - (before.cpuSeconds ?? Number.NaN))) / seconds;
}

interface Sample {
  /** Since the load began. */
  readonly seconds: number;
  readonly usages: Record<Service, Usage>;
}

/** Orders at the rate, and a look at the services every second. */
async function load(system: OrderSystem, seconds: number, signal: AbortSignal) {
  const startedAt = performance.now();
  const samples: Sample[] = [];
  const look = () =>
    samples.push({ seconds: (performance.now() - startedAt) / 1_000, usages: usagesOf(system) });
  look();
  const timer = setInterval(look, pollMs);
  try {
    const figures = await openLoop({ url: system.url, rate, seconds, ordersPerRequest }, signal);
    look();
    requireAllAccepted(figures);
    return { accepted: figures.accepted, samples };
  } finally {
    clearInterval(timer);
  }
}

type Loaded = Awaited<ReturnType<typeof load>>;

function resultOf(service: Service, { accepted, samples }: Loaded, idlePercent: number): Result {
  const warm = samples.find(({ seconds }) => seconds >= warmupSeconds) ?? samples[0]!;
  const end = samples.at(-1)!;
  const [first, last] = [warm.usages[service], end.usages[service]];
  const seconds = end.seconds - warm.seconds;
  const orders = (accepted * seconds) / end.seconds;
  const growth = slopeOf(
    samples
      .filter((sample) => sample.seconds >= warm.seconds)
      .map((sample) => [sample.seconds, sample.usages[service].rssMb ?? Number.NaN]),
  );
  const cpu = (last.cpuSeconds ?? Number.NaN) - (first.cpuSeconds ?? Number.NaN);
  return {
    ...{ scenario: memory.name, subject: service, title: `the ${service} service` },
    delivery: "acknowledged by all in-sync replicas, decided and counted exactly once",
    ...{ unit: "orders/s", rounds: 1, count: accepted, rate: accepted / end.seconds },
    ...{ cpuSeconds: cpu, cpuMicros: (1e6 * cpu) / orders, rssMb: last.peakRssMb },
    extra: {
      idlePercent,
      loadPercent: cpuPercent(first, last, seconds),
      warmRssMb: first.rssMb ?? Number.NaN,
      endRssMb: last.rssMb ?? Number.NaN,
      growthMbPerMillion: (growth * seconds * 1e6) / orders,
    },
  };
}

async function measure(
  { progress, signal }: Bench,
  seconds: number,
  system: OrderSystem,
): Promise<Comparison> {
  await progress.during("memory  until all are up", () => Bun.sleep(1_000 * settleSeconds));
  const before = usagesOf(system);
  await progress.during("memory  idle", () => Bun.sleep(1_000 * idleSeconds));
  const after = usagesOf(system);
  const words = `memory  ${figure(rate)} orders/s for ${figure(seconds + warmupSeconds)} s`;
  const loaded = await progress.during(words, () => load(system, seconds + warmupSeconds, signal));
  const results = services.map((service) =>
    resultOf(service, loaded, cpuPercent(before[service], after[service], idleSeconds)),
  );
  const series = services.map((service) => ({
    name: service,
    points: loaded.samples.map((sample) => [sample.seconds, sample.usages[service].rssMb ?? 0] as const),
  }));
  return { results, ratios: {}, series };
}

/** Of the measured part of the run. */
const secondsOf = ({ records, seconds }: Bench["options"]) =>
  records === undefined ? longRuns * seconds : Math.max(1, records / rate - warmupSeconds);

export const memory: Scenario = {
  name: "memory",
  title: "memory of the services over a long run, CPU when idle",
  ratioOf: "nothing",
  better: "lower",
  peers: () => false,
  bounds: {},
  columns: [
    { ...subjectColumn, title: "service" },
    extraColumn("idle CPU %", "idlePercent", 2),
    extraColumn("CPU % under load", "loadPercent", 1),
    cpuColumn("order"),
    extraColumn("after warm-up MB", "warmRssMb", 0),
    extraColumn("at the end MB", "endRssMb", 0),
    rssColumn,
    extraColumn("growth MB/million orders", "growthMbPerMillion", 2),
    rateColumn("orders/s"),
    deliveryColumn,
  ],
  lines: { words: "resident memory in MB over seconds" },
  settings: (options) => ({
    generator: `fetch of Bun, open loop, ${ordersPerRequest} orders a request`,
    rate: `${figure(rate)} orders/s`,
    "warm-up": `${warmupSeconds} s`,
    measured: `${figure(secondsOf(options))} s (${longRuns} × --seconds, or what --records orders take)`,
    idle: `${idleSeconds} s, after the start and before the first order`,
    "CPU %": "of one core",
  }),
  run: (bench) => onOrderSystem(bench, memory, (system) => measure(bench, secondsOf(bench.options), system)),
};
