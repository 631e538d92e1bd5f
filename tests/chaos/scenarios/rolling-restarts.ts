/** SIGTERM and a new start of each instance in its turn, again and again under load. */
import { runChaos, seconds } from "../run.ts";
import { countsOf, inTurn, type Scenario } from "../scenario.ts";
import { timesOf } from "../statistics.ts";

export const rollingRestarts: Scenario = {
  name: "rolling-restarts",
  what: "SIGTERM, rolling restarts under load",
  goal: "0 lost, 0 duplicate, exit ≤ 10 s over 100",
  times: 100,
  async run({ times, ...options }) {
    const kinds = ["producer-restart", "inventory-restart", "analytics-restart"] as const;
    const plan = inTurn(kinds, times, { lastsMs: 0, everyMs: 100 });
    const outcome = await runChaos({ ...options, seconds: 10, plan });
    const { promises, verification, terminations } = outcome;
    const { count, p50Ms, maxMs } = timesOf(terminations.map(({ elapsedMs }) => elapsedMs));
    return {
      measured: `${promises.lost.length + verification.missing} lost, ${verification.duplicated} duplicate, exit ≤ ${seconds(maxMs)} s over ${count}`,
      counts: countsOf(outcome, [`p50 of the exits ${seconds(p50Ms)} s`]),
      findings: outcome.findings,
    };
  },
};
