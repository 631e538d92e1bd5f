/** The metrics file says what the log says, after its writers were killed and while their number changed: 1 → 3 → 1, in rounds. */
import { startCluster } from "../cluster.ts";
import { type Outcome, type RunWorld, runChaos } from "../run.ts";
import { countsOf, inTurn, type Scenario } from "../scenario.ts";

const ROUNDS = 5;

export const analyticsTotals: Scenario = {
  name: "analytics-totals",
  what: "analytics totals equal recomputation after kill -9 and 1→3→1 instances",
  goal: "every time, ≥ 30 kills",
  times: 30,
  async run({ times, seed, signal, say }) {
    await using cluster = await startCluster({ signal });
    const outcomes: Outcome[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const kills = Math.ceil((times * (round + 1)) / ROUNDS) - Math.ceil((times * round) / ROUNDS);
      outcomes.push(
        await runChaos({
          // Another seed each, or the keys of the round before would be answered again.
          ...{ seed: seed + round, seconds: 10, signal, say, cluster, fleet: { analytics: 1 } },
          plan: inTurn(["analytics-kill"], kills, { lastsMs: 1_000 }).map((fault) => ({
            ...fault,
            atMs: fault.atMs + 8_000,
          })),
          during: scale,
        }),
      );
    }
    const kills = outcomes.reduce((sum, { faults }) => sum + faults.length, 0);
    const equal = outcomes.filter(({ verification }) => verification.totals.kind === "equal").length;
    return {
      measured: `equal ${equal} of ${outcomes.length} times, ${kills} kills`,
      counts: countsOf(outcomes.at(-1)!, [`in the last of ${outcomes.length} rounds on one log`]),
      findings: outcomes.flatMap(({ findings }) => findings),
    };
  },
};

/** Two instances more; once all kills are over, two of the three end. */
async function scale({ fleet }: RunWorld, faultsOver: Promise<unknown>): Promise<void> {
  await fleet.add("analytics");
  await fleet.add("analytics");
  await faultsOver;
  for (const instance of fleet.of("analytics").slice(0, 2)) await instance.retire();
}
