/** One record in a hundred is no event: each is set aside once by each group, and no partition waits for it. */
import { runChaos, seconds } from "../run.ts";
import { above, countsOf, type Scenario } from "../scenario.ts";

/** Both groups read order-events. */
const GROUPS = 2;
const STALL_S = 5;

export const poison: Scenario = {
  name: "poison",
  what: "1 % poison events",
  goal: "all in the DLQ once, no partition stalled over 5 s",
  /** Seconds of load. */
  times: 120,
  async run({ times, ...options }) {
    const outcome = await runChaos({
      ...options,
      seconds: times,
      plan: [],
      requestsPerSecond: 300,
      poisonShare: 0.013,
    });
    const { verification, longestWaitMs } = outcome;
    const { unreadable, deadLetters, deadLettersTwice, notSetAside } = verification;
    const expected = unreadable * GROUPS;
    return {
      measured: `${unreadable - notSetAside} of ${unreadable} set aside, ${deadLettersTwice} twice; longest wait for a decision ${seconds(longestWaitMs)} s`,
      counts: countsOf(outcome, [`${deadLetters} dead letters of two groups`]),
      findings: [
        ...outcome.findings,
        ...(deadLetters === expected
          ? []
          : [`${deadLetters} dead letters for ${unreadable} records and ${GROUPS} groups`]),
        ...above("an order waited", longestWaitMs / 1_000, STALL_S, "s"),
      ],
    };
  },
};
