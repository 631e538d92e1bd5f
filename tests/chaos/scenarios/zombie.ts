/** A consumer that is stopped past its session and comes back after another has taken over commits nothing any more. */
import { type RunWorld, runChaos } from "../run.ts";
import { countsOf, type Scenario } from "../scenario.ts";
import { createTriggers, makeZombie, STOPS } from "../stops.ts";

export const zombie: Scenario = {
  name: "zombie",
  what: "zombie (SIGSTOP past the session timeout, takeover, SIGCONT): commits by the zombie",
  goal: "0 in 20 of 20",
  times: 20,
  async run({ times, say, ...options }) {
    await using triggers = await createTriggers();
    const commits: number[] = [];
    const during = async (world: RunWorld): Promise<void> => {
      for (let time = 0; time < times && !world.signal.aborted; time++) {
        const stop = STOPS[time % STOPS.length]!;
        const instances = world.fleet.of("inventory");
        const instance = instances[time % instances.length]!;
        const repeated = await makeZombie(world, instance, stop, triggers);
        commits.push(repeated);
        say(`${instance.name}, stopped at ${stop}: ${repeated} decisions came twice`);
      }
    };
    const outcome = await runChaos({
      ...{ ...options, say, seconds: 10, plan: [], during },
      fleet: {
        programs: { inventory: "tests/chaos/programs/stopping-inventory.ts" },
        environment: triggers.environment,
      },
    });
    const without = commits.filter((repeated) => repeated === 0).length;
    const { duplicated, outOfOrder, missing } = outcome.verification;
    return {
      measured: `0 in ${without} of ${commits.length}`,
      counts: countsOf(outcome, [
        `stopped at ${STOPS.join(", ")} in turn`,
        `${duplicated} duplicate, ${missing} missing, ${outOfOrder} out of order in the log`,
      ]),
      findings: [
        ...outcome.findings,
        ...(without === times ? [] : [`zombies committed in ${times - without} of ${times}`]),
      ],
    };
  },
};
