/** Every order has its one decision while consumers and brokers are killed and a third of all transactions is aborted at random. */
import { runChaos } from "../run.ts";
import { countsOf, inTurn, type Scenario } from "../scenario.ts";

const ORDERS = 50_000;
/** Consumers that are killed for each broker. */
const CONSUMERS_A_BROKER = 3;

export const exactlyOnce: Scenario = {
  name: "exactly-once",
  what: "missing or duplicate decisions, consumers and brokers killed with -9, a third of transactions aborted at random",
  goal: "0 over 50,000 orders, ≥ 30 and ≥ 10 kills",
  /** Kills of consumers; the orders go along with them. */
  times: 30,
  async run({ times, ...options }) {
    const brokers = Math.ceil(times / CONSUMERS_A_BROKER);
    const orders = Math.round((ORDERS * times) / exactlyOnce.times);
    const outcome = await runChaos({
      ...{ ...options, seconds: 10, orders },
      plan: [...inTurn(["inventory-kill"], times), ...inTurn(["broker-kill"], brokers, { lane: "cluster" })],
      // Many orders without many requests: three nodes and all services share this machine.
      ...{ requestsPerSecond: 60, batchShare: 0.5 },
      fleet: { inventories: 3, programs: { inventory: "tests/chaos/programs/aborting-inventory.ts" } },
    });
    const { verification, faults } = outcome;
    const killed = (kind: string) => faults.filter((fault) => fault.kind === kind).length;
    return {
      measured: `${verification.missing} missing, ${verification.duplicated} duplicate over ${verification.orders} orders`,
      counts: countsOf(outcome, [
        `${killed("inventory-kill")} consumers and ${killed("broker-kill")} brokers killed`,
        `${verification.invisible} offsets of aborted decisions and markers`,
      ]),
      findings: outcome.findings,
    };
  },
};
