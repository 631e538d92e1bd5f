/** No 202 is lost, whichever broker is killed: the leader of each partition in its turn. */
import { runChaos, seconds } from "../run.ts";
import { countsOf, inTurn, type Scenario } from "../scenario.ts";
import { timesOf } from "../statistics.ts";

export const brokerKills: Scenario = {
  name: "broker-kills",
  what: "202s lost over broker kill -9 under load",
  goal: "0 over ≥ 30",
  times: 30,
  async run({ times, ...options }) {
    const plan = inTurn(["broker-kill"], times, { lane: "cluster" });
    const outcome = await runChaos({ ...options, seconds: 10, plan });
    const { p95Ms } = timesOf(outcome.faults.flatMap(({ recoveredMs }) => recoveredMs ?? []));
    return {
      measured: `${outcome.promises.lost.length} lost over ${outcome.faults.length} kills`,
      counts: countsOf(outcome, [`p95 of recovery ${seconds(p95Ms)} s`]),
      findings: outcome.findings,
    };
  },
};
