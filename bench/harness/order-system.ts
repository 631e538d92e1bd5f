/** The whole system, its three services as processes with their defaults, on topics that begin empty. */
import { join } from "node:path";
import { GROUP as ANALYTICS_GROUP, STATE_TOPIC } from "@campus/analytics";
import { EVENT_TOPICS } from "@campus/events";
import { GROUP as INVENTORY_GROUP } from "../../packages/inventory/src/config.ts";
import { forgetGroup, lacksTransactions, reasonToSpare, removeTopic, renewTopic } from "./order-log.ts";
import { outFolder } from "./out-folder.ts";
import { ownService } from "./own-service.ts";
import type { Bench, Comparison, Scenario } from "./scenario.ts";
import { type ServiceProcess, startService } from "./service-process.ts";
import { startProgram, type WorkingProcess } from "./working-process.ts";

/** The groups by the service that reads in them. */
export const groups = { inventory: INVENTORY_GROUP, analytics: ANALYTICS_GROUP } as const;

export type ConsumingService = keyof typeof groups;

export interface OrderSystem {
  readonly url: string;
  readonly producer: ServiceProcess;
  /** The process that reads now; a service that was stopped has none. */
  readonly consumers: Map<ConsumingService, WorkingProcess>;
  start(service: ConsumingService): void;
  /** As an operator would: SIGTERM, and waits for its end. */
  stop(service: ConsumingService): Promise<void>;
}

async function startSystem({ cluster, signal }: Bench): Promise<OrderSystem & AsyncDisposable> {
  const intake = ownService("producer", cluster);
  const producer = await startService(intake, intake.environment, signal);
  const files = { ANALYTICS_METRICS_FILE: join(outFolder, "metrics.json"), DASHBOARD_PORT: "0" };
  const consumers = new Map<ConsumingService, WorkingProcess>();
  const system: OrderSystem = {
    url: producer.url,
    producer,
    consumers,
    start(service) {
      const own = ownService(service, cluster, service === "analytics" ? files : {});
      consumers.set(service, startProgram({ ...own, cwd: outFolder }, signal));
    },
    async stop(service) {
      const running = consumers.get(service);
      consumers.delete(service);
      await running?.stop();
    },
  };
  system.start("inventory");
  system.start("analytics");
  return {
    ...system,
    async [Symbol.asyncDispose]() {
      await producer.stop();
      await Promise.all([system.stop("inventory"), system.stop("analytics")]);
    },
  };
}

/**
 * Runs `work` on the system, and leaves nothing of it. What the topics of a given cluster hold is not touched, nor is the system run where
 * offsets can't be part of transactions.
 */
export async function onOrderSystem(
  bench: Bench,
  { name, title }: Pick<Scenario, "name" | "title">,
  work: (system: OrderSystem) => Promise<Comparison>,
): Promise<Comparison> {
  const { cluster } = bench;
  if (lacksTransactions(bench, { name })) return { results: [], ratios: {} };
  const spared = await reasonToSpare(cluster, [...EVENT_TOPICS, STATE_TOPIC]);
  if (spared) {
    const head = { scenario: name, subject: "ours", title, delivery: "", unit: "orders/s", rounds: 0 };
    return { results: [{ ...head, failed: spared }], ratios: {} };
  }
  for (const topic of EVENT_TOPICS) await renewTopic(cluster, topic);
  try {
    await using system = await startSystem(bench);
    return await work(system);
  } finally {
    for (const topic of [...EVENT_TOPICS, STATE_TOPIC]) await removeTopic(cluster, topic);
    for (const group of Object.values(groups)) await forgetGroup(cluster, group);
  }
}
