/**
 * The same order flow by three models: synchronous services over HTTP, RabbitMQ, and ours on Kafka. What a client waits at a modest rate, how many
 * orders a second are taken when there is always another one, and how soon they are decided.
 */
import {
  deliveryColumn,
  extraColumn,
  figure,
  p50Column,
  p99Column,
  rateColumn,
  ratioColumn,
  spreadColumn,
  subjectColumn,
  timesLowerColumn,
} from "../harness/columns.ts";
import { fastestGenerator, generateLoad, generatorTitles } from "../harness/http-load.ts";
import { orderBodies } from "../harness/http-scenario.ts";
import { openLoop, requireAllAccepted } from "../harness/open-loop.ts";
import { forgetOrders, reasonToSpare } from "../harness/order-log.ts";
import type { OrderModel, RunningModel } from "../harness/order-model.ts";
import { ownOrderModel } from "../harness/own-order-model.ts";
import { compareInRounds } from "../harness/rounds.ts";
import type { Bench, Comparison, Sample, Scenario } from "../harness/scenario.ts";
import { RunFailed } from "../harness/subject-process.ts";

/** Orders a second at which nobody is busy. */
const modestRate = 500;
const connections = 256;
const warmupSeconds = 2;
/** Before each of the measured loads. */
const rampSeconds = 1;
const drainMs = 60_000;
const pollMs = 20;
/** What clients that hung up have left behind is settled by then. */
const settleMs = 500;

const bodies = orderBodies(100).map((order) => JSON.stringify(order));

/** Orders in a closed loop, until all that were taken are decided. */
async function saturate({ signal }: Bench, system: RunningModel, seconds: number) {
  const before = await system.decided();
  const startedAt = performance.now();
  const settings = { url: system.url, path: "/order", connections, bodies };
  const load = await generateLoad(
    fastestGenerator(),
    { ...settings, seconds, warmupSeconds: rampSeconds },
    signal,
  );
  const endedAt = performance.now();
  await drain(system, signal);
  const drainedAt = performance.now();
  const decided = (await system.decided()) - before;
  return {
    load,
    decidedRate: decided / ((drainedAt - startedAt) / 1_000),
    drainSeconds: (drainedAt - endedAt) / 1_000,
  };
}

/** Resolves once all orders are decided. @throws RunFailed when that takes too long */
async function drain(system: RunningModel, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + drainMs;
  for (;;) {
    signal.throwIfAborted();
    const [placed, decided] = [await system.placed(), await system.decided()];
    if (decided >= placed) return;
    if (performance.now() > deadline)
      throw new RunFailed(`${placed - decided} of ${placed} orders were not decided in ${drainMs / 1000} s`);
    await Bun.sleep(pollMs);
  }
}

/** What clients wait who come at their own pace. */
async function visit({ signal }: Bench, { url }: RunningModel, seconds: number) {
  const figures = await openLoop({ url, rate: modestRate, seconds, ordersPerRequest: 1 }, signal);
  requireAllAccepted(figures);
  const { accepted, latency } = figures;
  const ms = (percentile: number) => latency.getValueAtPercentile(percentile) / 1_000;
  return { accepted, p50Ms: ms(50), p99Ms: ms(99) };
}

async function measure(bench: Bench, system: OrderModel): Promise<Sample> {
  const { seconds } = bench.options;
  await using running = await system.start(bench);
  const warm = await saturate(bench, running, warmupSeconds);
  const first = await visit(bench, running, rampSeconds);
  const visited = await visit(bench, running, seconds);
  const { load, decidedRate, drainSeconds } = await saturate(bench, running, seconds);
  await Bun.sleep(settleMs);
  await drain(running, bench.signal);
  await running.verify();
  const accepted = warm.load.acceptedInAll + first.accepted + visited.accepted + load.acceptedInAll;
  const placed = await running.placed();
  if (placed < accepted)
    throw new RunFailed(`${accepted - placed} of ${accepted} orders answered 202 are lost`);
  return {
    ...{ count: load.accepted, seconds: load.seconds, rate: load.accepted / load.seconds },
    ...{ p50Ms: visited.p50Ms, p99Ms: visited.p99Ms },
    lost: 0,
    extra: { fullLoadP99Ms: load.p99Ms, decidedRate, drainSeconds },
  };
}

function compare(bench: Bench, systems: readonly OrderModel[]): Promise<Comparison> {
  return compareInRounds({
    scenario: models,
    unit: "orders/s",
    figure: ({ rate }) => rate,
    further: { p50: ({ p50Ms }) => p50Ms },
    subjects: systems,
    rounds: bench.options.rounds,
    warmUp: () => measure(bench, ownOrderModel),
    measure: (system) => measure(bench, system),
    describe: ({ rate, p50Ms, p99Ms, extra }) =>
      `p50 ${figure(p50Ms, 1)} ms, p99 ${figure(p99Ms, 1)} ms; ` +
      `${figure(rate)} orders/s, ${figure(extra?.decidedRate)} decided/s`,
    progress: bench.progress,
  });
}

/** Why there is nothing to measure, if so. */
async function reasonToSkip({ cluster }: Bench, systems: readonly OrderModel[]): Promise<string | undefined> {
  if (systems.length === 1) return "there is no other model to compare ours with (--peers rest,rabbitmq)";
  if (cluster.kind === "embedded") return "the embedded cluster has no offsets in transactions";
  return reasonToSpare(cluster);
}

export const models: Scenario = {
  name: "models",
  title: "the same order flow as synchronous REST, on RabbitMQ and on Kafka",
  ratioOf: "orders/s (but for those of p50, which say how many times less a client waits)",
  better: "higher",
  peers: ({ name }) => name === "rest" || name === "rabbitmq",
  bounds: {},
  columns: [
    subjectColumn,
    p50Column,
    timesLowerColumn("p50 it ÷ ours", "p50"),
    p99Column,
    rateColumn("orders/s"),
    ratioColumn("orders/s ours ÷ it"),
    spreadColumn,
    extraColumn("p99 ms at that", "fullLoadP99Ms", 1),
    extraColumn("decided/s", "decidedRate", 0),
    extraColumn("drain s", "drainSeconds", 2),
    deliveryColumn,
  ],
  chart: { column: "orders/s", words: "orders a second that are answered 202, more is better" },
  settings: ({ seconds }) => ({
    "p50 and p99": `${figure(modestRate)} orders/s whatever the answers, ${seconds} s, fetch of Bun, corrected for coordinated omission`,
    "orders/s": `${generatorTitles[fastestGenerator()]}, ${connections} connections, ${seconds} s`,
    "warm-up": `${rampSeconds} s + ${warmupSeconds} s of the closed loop, and ${rampSeconds} s before each load`,
  }),
  async run(bench) {
    const systems = [ownOrderModel, ...bench.peers.flatMap(({ systems = [] }) => systems)];
    const reason = await reasonToSkip(bench, systems);
    if (reason) {
      bench.progress.say(`Not measured: models, since ${reason}.`);
      return { results: [], ratios: {} };
    }
    try {
      return await compare(bench, systems);
    } finally {
      await forgetOrders(bench.cluster);
    }
  },
};
