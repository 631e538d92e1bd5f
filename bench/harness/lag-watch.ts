/** How far the services' groups are behind, over time: where the log ends less what the group has committed, asked at intervals of everyone at once. */
import { INVENTORY_EVENTS, ORDER_EVENTS } from "@campus/events";
import { partitions } from "./client-settings.ts";
import type { BenchCluster } from "./cluster.ts";
import { type ConsumingService, groups } from "./order-system.ts";

const pollMs = 100;

const places = (topic: string) =>
  Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
const read: Readonly<Record<ConsumingService, readonly string[]>> = {
  inventory: [ORDER_EVENTS],
  analytics: [ORDER_EVENTS, INVENTORY_EVENTS],
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

export async function lagNow({ admin }: BenchCluster): Promise<LagSample> {
  const all = [...places(ORDER_EVENTS), ...places(INVENTORY_EVENTS)];
  // Commits first: a log that grows meanwhile makes a lag too large, never too small.
  const committed = await Promise.all(
    services.map((service) => admin.groupOffsets(groups[service], read[service].flatMap(places))),
  );
  const ends = await admin.listOffsets(all.map((place) => ({ ...place, at: "latest" as const })));
  const atMs = performance.now();
  const lag = (service: ConsumingService, index: number) => {
    const end = sum(ends.filter(({ topic }) => read[service].includes(topic)));
    return Math.max(0, end - sum(committed[index]!));
  };
  return { atMs, inventory: lag("inventory", 0), analytics: lag("analytics", 1) };
}

const sum = (offsets: readonly { readonly offset: number }[]) =>
  offsets.reduce((total, { offset }) => total + Math.max(0, offset), 0);
