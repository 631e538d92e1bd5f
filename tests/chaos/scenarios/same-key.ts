/** Clients that send the same request ten times at once, to two producers, one of which is killed now and then. */
import { verifySystem } from "@campus/cli/verify";
import { startCluster } from "../cluster.ts";
import { startFleet } from "../fleet.ts";
import { createHistory } from "../history.ts";
import { postOrder } from "../load.ts";
import { brokenPromises, checkPromises } from "../promises.ts";
import type { Scenario } from "../scenario.ts";

const AT_ONCE = 10;
const KEYS_AT_A_TIME = 10;
/** A producer dies each time so many keys are done. */
const KEYS_A_KILL = 500;

export const sameKey: Scenario = {
  name: "same-key",
  what: "same Idempotency-Key 10 times at once over 2 producers and a kill",
  goal: "5,000 decisions for 5,000 keys",
  times: 5_000,
  async run({ times, seed, signal, say }) {
    await using cluster = await startCluster({ signal });
    await using fleet = await startFleet({ brokers: cluster.brokers, analytics: 1 });
    const history = createHistory();
    const producers = fleet.of("producer");
    let [next, done, kills] = [0, 0, 0];
    const from = performance.now();
    const nowMs = () => performance.now() - from;

    async function untilAccepted(request: number, copy: number): Promise<void> {
      const key = `same-${seed}-${request}`;
      const order = { user_id: key, item: "Burger", quantity: 1 };
      for (let attempt = 1; !signal.aborted; attempt++) {
        const producer = (copy + attempt) % fleet.urls.length;
        const sentMs = nowMs();
        const answer = await postOrder(`${fleet.urls[producer]}/order`, key, JSON.stringify(order));
        history.add({ request, attempt, key, producer, sentMs, answeredMs: nowMs(), ...answer });
        if (answer.status === 202) return;
        await Bun.sleep(100);
      }
    }

    async function killOne(): Promise<void> {
      const instance = producers[kills++ % producers.length]!;
      await instance.kill();
      instance.revive();
    }

    async function client(): Promise<void> {
      while (next < times && !signal.aborted) {
        const request = next++;
        const copies = Array.from({ length: AT_ONCE }, (_, copy) => untilAccepted(request, copy));
        // While its ten are under way.
        if (request % KEYS_A_KILL === KEYS_A_KILL / 2 || (request === 1 && times < KEYS_A_KILL))
          await killOne();
        await Promise.all(copies);
        if (++done % 1_000 === 0) say(`${done} keys`);
      }
    }
    await Promise.all(Array.from({ length: KEYS_AT_A_TIME }, client));
    signal.throwIfAborted();
    await fleet.untilReady();
    const { verification, checker } = await verifySystem({
      ...{ admin: cluster.admin, kafka: { brokers: cluster.direct }, waitMs: 60_000 },
      metricsFile: fleet.metricsFile,
    });
    const promises = checkPromises(history.all, checker);
    const { decisions, retries } = verification;
    return {
      measured: `${decisions} decisions for ${times} keys`,
      counts: `${history.all.length} requests, ${kills} kills, ${retries} orders written again`,
      findings: [
        ...brokenPromises(promises),
        ...verification.examples,
        ...(decisions === times ? [] : [`${decisions} decisions for ${times} keys`]),
      ],
    };
  },
};
