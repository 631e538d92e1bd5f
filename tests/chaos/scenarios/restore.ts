/** Counts are restored whole, also while a transaction of a writer that was killed is open and hides what was committed behind it. */
import { startCluster } from "../cluster.ts";
import { dieInTransaction, RESTORE_SETTINGS } from "../deaths.ts";
import { type RunWorld, runChaos } from "../run.ts";
import { countsOf, type Scenario } from "../scenario.ts";
import { createTriggers } from "../stops.ts";

export const restore: Scenario = {
  name: "restore",
  what: "restore with a killed writer's open transaction",
  goal: "never short, 20 of 20",
  times: 20,
  async run({ times, say, signal, seed }) {
    await using triggers = await createTriggers();
    await using cluster = await startCluster({ signal, properties: RESTORE_SETTINGS.properties });
    let done = 0;
    const during = async (world: RunWorld): Promise<void> => {
      for (; done < times && !signal.aborted; done++) {
        await dieInTransaction(world, triggers, done);
        say(`${done + 1} of ${times}`);
      }
    };
    const outcome = await runChaos({
      ...{ seed, signal, say, cluster, seconds: 10, plan: [], during },
      fleet: {
        analytics: 3,
        programs: { analytics: "tests/chaos/programs/dying-analytics.ts" },
        environment: { ...RESTORE_SETTINGS.environment, ...triggers.environment },
      },
    });
    // A restore that was short would be missing in the file for good.
    const { totals } = outcome.verification;
    return {
      measured: totals.kind === "equal" ? `never short, ${done} of ${times}` : "short",
      counts: countsOf(outcome, [`${2 * done} writers killed, ${done} of them in a transaction`]),
      findings: outcome.findings,
    };
  },
};
