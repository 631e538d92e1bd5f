/**
 * Planted bugs: each a service with one piece sabotaged, and the faults that expose it. A checker that finds nothing in one of these proves nothing
 * where it finds nothing in the real ones.
 */
import { startCluster } from "../cluster.ts";
import { dieInTransaction, RESTORE_SETTINGS } from "../deaths.ts";
import { type Outcome, type RunOptions, runChaos } from "../run.ts";
import { inTurn } from "../scenario.ts";
import { createTriggers, makeZombie, othersCommit } from "../stops.ts";

export interface Control {
  /** For `--controls NAME`. */
  readonly name: string;
  readonly what: string;
  /** What the checker must have found, of all it may find. */
  isCaught(outcome: Outcome): boolean;
  run(
    options: Pick<RunOptions, "signal" | "say" | "logsFolder"> & { readonly seed: number },
  ): Promise<Outcome>;
}

const inventory = (name: string) => ({ inventory: `tests/chaos/controls/${name}.ts` });

export const CONTROLS: readonly Control[] = [
  {
    name: "answer-before-ack",
    what: "orders are answered before the acknowledgement",
    isCaught: ({ promises }) => promises.lost.length > 0,
    run: (options) =>
      runChaos({
        ...{ ...options, seconds: 20 },
        // While no broker takes anything the producers die with what they have promised.
        plan: [
          { kind: "all-brokers", lane: "cluster", atMs: 4_000, lastsMs: 6_000, target: 0 },
          { kind: "producer-kill", lane: "services", atMs: 6_500, lastsMs: 200, target: 0 },
        ],
        fleet: { own: { producer: { ACKNOWLEDGE: "enqueued" } } },
      }),
  },
  {
    name: "commit-before-publish",
    what: "offsets are committed before the decisions are published",
    isCaught: ({ verification }) => verification.missing > 0,
    run: (options) =>
      runChaos({
        ...{ ...options, seconds: 10, plan: inTurn(["inventory-kill"], 4) },
        fleet: { programs: inventory("commit-before-publish") },
      }),
  },
  {
    name: "no-rewind",
    what: "a batch whose transaction was aborted is not read again",
    isCaught: ({ verification }) => verification.missing > 0,
    run: (options) =>
      runChaos({
        ...{ ...options, seconds: 10, plan: [] },
        fleet: { programs: inventory("no-rewind") },
      }),
  },
  {
    name: "short-restore",
    what: "counts are restored up to the last stable offset",
    isCaught: ({ verification }) => verification.totals.kind === "different",
    async run(options) {
      await using triggers = await createTriggers();
      await using cluster = await startCluster({
        properties: RESTORE_SETTINGS.properties,
        ...(options.signal && { signal: options.signal }),
      });
      return await runChaos({
        ...{ ...options, cluster, seconds: 10, plan: [] },
        async during(world) {
          for (let time = 0; time < 4; time++) await dieInTransaction(world, triggers, time);
        },
        fleet: {
          analytics: 3,
          programs: { analytics: "tests/chaos/controls/short-restore.ts" },
          environment: { ...RESTORE_SETTINGS.environment, ...triggers.environment },
        },
      });
    },
  },
  {
    name: "no-fencing",
    what: "offsets go into transactions without the group's metadata",
    isCaught: ({ verification }) => verification.duplicated > 0,
    async run(options) {
      await using triggers = await createTriggers();
      return await runChaos({
        ...{ ...options, seconds: 10, plan: [] },
        async during(world) {
          const instances = world.fleet.of("inventory");
          // Until one has committed: where the other partitions of a zombie hold its heir up, it is fenced by time alone.
          for (let time = 0; time < 6; time++) {
            const instance = instances[time % instances.length]!;
            if ((await makeZombie(world, instance, "stop-before-offsets", triggers, othersCommit)) > 0) break;
          }
        },
        fleet: { programs: inventory("no-fencing"), environment: triggers.environment },
      });
    },
  },
];
