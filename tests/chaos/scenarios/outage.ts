/** Every broker down for a minute at load: every request is answered soon and truthfully, memory is bounded, and all goes on by itself. */
import { runChaos, seconds } from "../run.ts";
import { above, countsOf, type Scenario } from "../scenario.ts";

const OUTAGE_MS = 60_000;
/** Fewer than the 256 requests that Bun's `fetch` has under way at most: those beyond wait inside this process, and not for an answer. */
const CLIENTS = 240;
const LIMITS = { answerS: 5, memoryMiB: 300, drainS: 10 } as const;

export const outage: Scenario = {
  name: "outage",
  what: "all brokers down 60 s at load: answers within 5 s; RSS of a producer; false 202s; drain after return",
  goal: "100 %; ≤ 300 MiB; 0; ≤ 10 s",
  times: 1,
  async run({ times, ...options }) {
    const plan = Array.from({ length: times }, (_, index) => ({
      ...({ kind: "all-brokers", lane: "cluster", lastsMs: OUTAGE_MS, target: 0 } as const),
      atMs: 5_000 + index * 1_000,
    }));
    const outcome = await runChaos({
      ...options,
      seconds: 10,
      plan,
      requestsPerSecond: 400,
      clients: CLIENTS,
    });
    const { answers, late, slowestAnswerMs, producerPeakMiB, promises, faults } = outcome;
    const drainMs = Math.max(...faults.map(({ recoveredMs = Number.POSITIVE_INFINITY }) => recoveredMs));
    const share = (100 * (answers - late)) / answers;
    return {
      measured: `${share === 100 ? "100" : share.toFixed(3)} %; ${Math.round(producerPeakMiB)} MiB; ${promises.lost.length}; ${seconds(drainMs)} s`,
      counts: countsOf(outcome, [`${answers} answers, the slowest after ${seconds(slowestAnswerMs)} s`]),
      findings: [
        ...outcome.findings,
        ...(late > 0 ? [`${late} of ${answers} answers came after ${LIMITS.answerS} s`] : []),
        ...above("a producer had", producerPeakMiB, LIMITS.memoryMiB, "MiB"),
        ...above("orders went on", drainMs / 1_000, LIMITS.drainS, "s"),
      ],
    };
  },
};
