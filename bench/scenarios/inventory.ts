/**
 * Orders out of a topic that is already full, decided, and the decisions in another topic with the offsets committed: the inventory service as it runs in the
 * system, and the same work as others would build it. What counts is what a reader of committed records can see.
 */
import { INVENTORY_EVENTS, ORDER_EVENTS } from "@campus/events";
import { GROUP } from "../../packages/inventory/src/config.ts";
import { clientSettings, partitions } from "../harness/client-settings.ts";
import { figure } from "../harness/columns.ts";
import { decideAll } from "../harness/deciding.ts";
import { drainColumns, warmupShare } from "../harness/draining.ts";
import { fillOrders, forgetOrders, lacksTransactions, reasonToSpare } from "../harness/order-log.ts";
import { compareInRounds, ours } from "../harness/rounds.ts";
import type { Bench, Comparison, Sample, Scenario } from "../harness/scenario.ts";
import { RunFailed } from "../harness/subject-process.ts";
import { pollMs } from "../harness/visible-decisions.ts";
import { ownWorkingSubject, peerWorkingSubjects, type WorkingSubject } from "../harness/working-subject.ts";

const defaultRecords = 1_000_000;

const ownDecider = (name: string, delivery: string, settings: Readonly<Record<string, string>>) =>
  ownWorkingSubject({
    ...{ name, title: "the inventory service", delivery, service: "inventory", groupId: GROUP, settings },
  });

const ownDeciders: readonly WorkingSubject[] = [
  ownDecider(ours, "exactly once, a transaction a partition; repeated orders are noticed", {
    INVENTORY_DELIVERY: "exactly-once",
  }),
  ownDecider("ours-at-least-once", "at least once, offsets after the acks; acks=all, idempotent", {
    INVENTORY_DELIVERY: "at-least-once",
  }),
];

const peerDeciders = (bench: Bench) =>
  peerWorkingSubjects(bench, {
    work: "decide",
    inputs: [ORDER_EVENTS],
    output: INVENTORY_EVENTS,
    delivery: "exactly once",
  });

/** @param spared why nothing may be measured on this cluster, if so */
async function compare(bench: Bench, spared: string | undefined): Promise<Comparison> {
  const { cluster, options, progress, signal } = bench;
  const orderIds = spared
    ? []
    : await progress.during("inventory  filling the topic", () =>
        fillOrders(cluster, options.records ?? defaultRecords, signal),
      );
  const measure = async (decider: WorkingSubject): Promise<Sample> => {
    if (spared) throw new RunFailed(spared);
    return decideAll(bench, decider, orderIds);
  };
  return compareInRounds({
    scenario: inventory,
    unit: "orders/s",
    figure: ({ rate }) => rate,
    subjects: [...ownDeciders, ...peerDeciders(bench)],
    rounds: options.rounds,
    ...(spared ? {} : { warmUp: () => measure(ownDeciders[0]!) }),
    measure,
    describe: ({ rate, peakRssMb }) => `${figure(rate)} orders/s, ${figure(peakRssMb)} MB`,
    progress,
  });
}

export const inventory: Scenario = {
  name: "inventory",
  title: "orders a second decided, each exactly once, out of a topic that is already full",
  ratioOf: "orders/s",
  better: "higher",
  peers: ({ name }) => name === "franz-go" || name === "kafka-streams",
  bounds: {},
  columns: drainColumns("order"),
  chart: { column: "orders/s", words: "orders a second, more is better" },
  settings: ({ records = defaultRecords }) => ({
    orders: `${figure(records)}, all of them whatever --seconds says`,
    "warm-up": `${warmupShare * 100} % of them`,
    "looked at": `every ${pollMs} ms`,
    partitions,
    "linger.ms": `${clientSettings.lingerMs} for peers, the service's own for ours`,
  }),
  async run(bench) {
    if (lacksTransactions(bench, inventory)) return { results: [], ratios: {} };
    const spared = await reasonToSpare(bench.cluster);
    try {
      return await compare(bench, spared);
    } finally {
      if (!spared) await forgetOrders(bench.cluster);
    }
  },
};
