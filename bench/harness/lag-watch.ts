/** How far the services' groups are behind, over time: where the log ends less what the group has committed, asked at intervals of everyone at once. */
import { EVENT_TOPICS, ORDER_EVENTS } from "@campus/events";
import { partitions } from "./client-settings.ts";
import type { BenchCluster } from "./cluster.ts";
import { committedRecords } from "./committed-offsets.ts";
import { type ConsumingService, groups } from "./order-system.ts";
import { recordsIn } from "./topics.ts";

const pollMs = 100;

const read: Readonly<Record<ConsumingService, readonly string[]>> = {
  inventory: [ORDER_EVENTS],
  analytics: EVENT_TOPICS,
};
export const services = Object.keys(read) as ConsumingService[];

/** Records, by service. */
export interface LagSample extends Readonly<Record<ConsumingService, number>> {
  readonly atMs: number;
}

export interface LagWatch extends AsyncDisposable {
  readonly samples: readonly LagSample[];
}

/** Until it is disposed of. A look that fails ends it, and disposing rejects. */
export function watchLag(cluster: BenchCluster): LagWatch {
  const samples: LagSample[] = [];
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const askedAt = performance.now();
      samples.push(await lagNow(cluster));
      await Bun.sleep(Math.max(0, askedAt + pollMs - performance.now()));
    }
  })();
  watching.catch(() => undefined); // disposing tells
  return {
    samples,
    async [Symbol.asyncDispose]() {
      isOver = true;
      await watching;
    },
  };
}

export async function lagNow(cluster: BenchCluster): Promise<LagSample> {
  // Commits first: a log that grows meanwhile makes a lag too large, never too small.
  const committed = await Promise.all(
    services.map((service) => committedRecords(cluster, groups[service], read[service])),
  );
  const ends = await Promise.all(EVENT_TOPICS.map((topic) => recordsIn(cluster, topic, partitions)));
  const atMs = performance.now();
  const lag = (service: ConsumingService, index: number) => {
    const end = read[service].reduce((sum, topic) => sum + ends[EVENT_TOPICS.indexOf(topic)]!, 0);
    return Math.max(0, end - committed[index]!);
  };
  return { atMs, inventory: lag("inventory", 0), analytics: lag("analytics", 1) };
}
