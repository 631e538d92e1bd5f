/**
 * From the 202 to a decision that a reader of committed records sees: the whole system, producer, inventory and analytics, under a fixed rate of
 * orders, step by step until it no longer bears one.
 */
import {
  deliveryColumn,
  extraColumn,
  figure,
  p50Column,
  p99Column,
  rateColumn,
  subjectColumn,
} from "../harness/columns.ts";
import { driveOrders, type FlowResult } from "../harness/order-flow.ts";
import { onOrderSystem } from "../harness/order-system.ts";
import type { Bench, Comparison, Result, Scenario } from "../harness/scenario.ts";

/** Orders a second. */
const steps = [1_000, 2_500, 5_000, 10_000, 20_000, 40_000, 80_000, 160_000] as const;
const ordersPerRequest = 20;
const warmup = { rate: 2_000, seconds: 8, ordersPerRequest };
/** A step is borne when so much of it was accepted, all of that decided at nearly that rate, and the decisions were visible as soon as this. */
const enough = 0.98;
const nearly = 0.9;
const latestMs = 1_000;

/** Why a step is not borne; undefined where it is. */
function breakOf(
  rate: number,
  { due, accepted, decided, seconds, decision }: FlowResult,
): string | undefined {
  if (accepted < enough * due)
    return `${figure(due - accepted)} of ${figure(due)} orders were not accepted in time`;
  if (decided < accepted)
    return `${figure(accepted - decided)} of ${figure(accepted)} decisions did not come in time`;
  if (decided / seconds < nearly * rate) return `${figure(decided / seconds)} orders/s were all it came to`;
  const p99Ms = decision.getValueAtPercentile(99) / 1_000;
  return p99Ms > latestMs ? `p99 of ${figure(p99Ms)} ms` : undefined;
}

/** `why`: it is not borne. */
function resultOf(
  rate: number,
  { due, accepted, decided, seconds, decision, answer }: FlowResult,
  why: string | undefined,
): Result {
  const ms = (percentile: number) => decision.getValueAtPercentile(percentile) / 1_000;
  const head = {
    scenario: endToEnd.name,
    subject: `${figure(rate)}/s`,
    title: "the whole system",
    delivery: why ? `not borne: ${why}` : "borne; acknowledged by all in-sync replicas, decided exactly once",
  };
  return {
    ...head,
    ...{ unit: "decisions/s", rounds: 1, count: decided, rate: decided / seconds, lost: accepted - decided },
    ...{ p50Ms: ms(50), p99Ms: ms(99) },
    extra: {
      dueOrders: due,
      p999Ms: ms(99.9),
      answerP99Ms: answer.getValueAtPercentile(99) / 1_000,
    },
  };
}

export const endToEnd: Scenario = {
  name: "end-to-end",
  title: "from the 202 to the visible decision, at a fixed rate of orders, until it breaks",
  ratioOf: "decisions/s",
  better: "higher",
  peers: () => false,
  bounds: {},
  columns: [
    { ...subjectColumn, title: "orders" },
    rateColumn("decisions/s"),
    p50Column,
    p99Column,
    extraColumn("p99.9 ms", "p999Ms", 1),
    extraColumn("202 after, p99 ms", "answerP99Ms", 1),
    deliveryColumn,
  ],
  chart: {
    column: "p99 ms",
    words: "p99 in milliseconds from the 202 to the visible decision, less is better",
  },
  settings: ({ seconds }) => ({
    generator: `fetch of Bun, open loop, ${ordersPerRequest} orders a request, latencies of answers corrected for coordinated omission`,
    "seconds a step": seconds,
    "warm-up": `${warmup.seconds} s at ${figure(warmup.rate)} orders/s`,
    borne: `${enough * 100} % accepted, all of them decided, at ${nearly * 100} % of that rate or more, p99 within ${latestMs} ms`,
  }),
  run: (bench) => onOrderSystem(bench, endToEnd, ({ url }) => stepUp(bench, url)),
};

async function stepUp({ cluster, options, progress, signal }: Bench, url: string): Promise<Comparison> {
  const results: Result[] = [];
  await progress.during("end-to-end  warming up", () => driveOrders(cluster, url, warmup, signal));
  for (const rate of steps) {
    const step = { rate, seconds: options.seconds, ordersPerRequest };
    const label = `end-to-end  ${figure(rate)} orders/s`;
    const flow = await progress.during(label, () => driveOrders(cluster, url, step, signal));
    const why = breakOf(rate, flow);
    const result = resultOf(rate, flow, why);
    results.push(result);
    progress.say(
      `  ${label}: ${figure(result.rate)} decided/s, p50 ${figure(result.p50Ms, 1)} ms, p99 ${figure(result.p99Ms, 1)} ms; ${result.delivery}`,
    );
    if (why !== undefined) break;
  }
  return { results, ratios: {} };
}
