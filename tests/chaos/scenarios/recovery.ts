/** How soon orders are answered and decided again, in every partition, after one process of each kind was killed. */
import { type Outcome, runChaos, seconds } from "../run.ts";
import { above, countsOf, inTurn, type Scenario } from "../scenario.ts";
import { type Times, timesOf } from "../statistics.ts";

const LIMITS_MS = { "broker-kill": 12_000, "inventory-kill": 12_000, "producer-kill": 2_000 } as const;

export const recovery: Scenario = {
  name: "recovery",
  what: "recovery p95 of a broker's, a consumer's and a producer's kill -9; stalls",
  goal: "≤ 12 s, ≤ 12 s, ≤ 2 s; none over 30 s",
  times: 20,
  async run({ times, ...options }) {
    // One lane for all, so that no two of them fall together: in that of the cluster each waits until all copies are in sync.
    const kinds = ["broker-kill", "inventory-kill", "producer-kill"] as const;
    const plan = inTurn(kinds, times * kinds.length, { lane: "cluster" });
    const outcome = await runChaos({ ...options, seconds: 10, plan });
    const figures = kinds.map((kind) => ({ kind, times: recoveryOf(outcome, kind) }));
    const measured = figures.map(({ times: { p95Ms } }) => `${seconds(p95Ms)} s`).join(", ");
    return {
      measured: `${measured}; longest wait for a decision ${seconds(outcome.longestWaitMs)} s, for a 202 ${seconds(outcome.longestSilenceMs)} s`,
      counts: countsOf(
        outcome,
        figures.map(({ kind, times: { count, p50Ms, maxMs } }) => {
          return `${count} × ${kind}: p50 ${seconds(p50Ms)} s, most ${seconds(maxMs)} s`;
        }),
      ),
      findings: [
        ...outcome.findings,
        ...figures.flatMap(({ kind, times: { p95Ms } }) =>
          above(`p95 of ${kind}:`, p95Ms / 1_000, LIMITS_MS[kind] / 1_000, "s"),
        ),
      ],
    };
  },
};

/** Of a producer: until what was under way there was answered by another. */
function recoveryOf({ faults }: Outcome, kind: keyof typeof LIMITS_MS): Times {
  const own = faults.filter((fault) => fault.kind === kind);
  return timesOf(own.flatMap(({ answeredMs, recoveredMs }) => answeredMs ?? recoveredMs ?? []));
}
