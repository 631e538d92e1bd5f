/** The order flow as synchronous services over HTTP: the order service asks the inventory in line, whose own delay is a parameter. */
import { join } from "node:path";
import { countAt, type OrderModel } from "../../harness/order-model.ts";
import { type Peer, peersFolder } from "../../harness/peer.ts";
import { startService } from "../../harness/service-process.ts";
import { RunFailed } from "../../harness/subject-process.ts";

/** What is behind an inventory takes anything from nothing to a good part of a second. */
const delaysMs = [0, 10, 100] as const;
const program = (name: string) => ({ command: [process.execPath, join(peersFolder, "rest", name)] });

function restSystem(delayMs: number): OrderModel {
  return {
    name: `rest-${delayMs}ms`,
    title: `synchronous REST on Bun, the inventory takes ${delayMs} ms`,
    delivery: "202 after the decision; kept nowhere",
    async start({ signal }) {
      await using started = new AsyncDisposableStack();
      const delay = { BENCH_DELAY_MS: String(delayMs) };
      const inventory = await startService(program("inventory.ts"), delay, signal);
      started.defer(() => inventory.stop());
      const environment = { BENCH_INVENTORY: inventory.url };
      const orders = await startService(program("order-service.ts"), environment, signal);
      started.defer(() => orders.stop());
      const running = started.move();
      const placed = () => countAt(`${orders.url}/placed`);
      const decided = () => countAt(`${inventory.url}/decided`);
      return {
        url: orders.url,
        placed,
        decided,
        async verify() {
          const [asked, done] = [await placed(), await decided()];
          if (asked !== done) throw new RunFailed(`${asked} orders were answered, and ${done} decided`);
        },
        [Symbol.asyncDispose]: () => running.disposeAsync(),
      };
    },
  };
}

export const rest: Peer = {
  name: "rest",
  title: "the order flow as synchronous REST services on Bun, inventory called in line",
  isFramework: true,
  prepare: async () => ({
    name: "rest",
    versions: { "REST (Bun.serve)": Bun.version },
    subjects: [],
    systems: delaysMs.map(restSystem),
  }),
};
