/** Our order flow: the producer service, Kafka, the inventory service. */
import { EVENT_TOPICS, INVENTORY_EVENTS, ORDER_EVENTS } from "@campus/events";
import { GROUP } from "../../packages/inventory/src/config.ts";
import { partitions } from "./client-settings.ts";
import type { BenchCluster } from "./cluster.ts";
import { committedRecords } from "./committed-offsets.ts";
import { forgetGroup, renewTopic } from "./order-log.ts";
import type { OrderModel } from "./order-model.ts";
import { outFolder } from "./out-folder.ts";
import { ownService } from "./own-service.ts";
import { ours } from "./rounds.ts";
import { startService } from "./service-process.ts";
import { readTopic } from "./topic-reader.ts";
import { endsOf, recordsIn } from "./topics.ts";
import { readDecisions } from "./visible-decisions.ts";
import { startProgram } from "./working-process.ts";

export const ownOrderModel: OrderModel = {
  name: ours,
  title: "the producer service and the inventory service",
  delivery: "202 after the broker's ack; acks=all, idempotent, lz4; decided exactly once",
  async start({ cluster, signal }) {
    await forgetGroup(cluster, GROUP);
    for (const topic of EVENT_TOPICS) await renewTopic(cluster, topic);
    const intake = ownService("producer", cluster);
    const producer = await startService(intake, intake.environment, signal);
    const inventory = startProgram({ ...ownService("inventory", cluster), cwd: outFolder }, signal);
    return {
      url: producer.url,
      placed: () => recordsIn(cluster, ORDER_EVENTS, partitions),
      // With the decisions, in one transaction, go the offsets.
      decided: () => Promise.race([committedRecords(cluster, GROUP, [ORDER_EVENTS]), inventory.ended]),
      verify: () => verify(cluster),
      async [Symbol.asyncDispose]() {
        await producer.stop();
        await inventory.stop();
      },
    };
  },
};

async function verify(cluster: BenchCluster): Promise<void> {
  const { brokers } = cluster;
  const orderIds: string[] = [];
  await readTopic(brokers, ORDER_EVENTS, await endsOf(cluster, ORDER_EVENTS, partitions), ({ key }) => {
    orderIds.push(String(key));
  });
  await readDecisions(brokers, await endsOf(cluster, INVENTORY_EVENTS, partitions), orderIds);
}
