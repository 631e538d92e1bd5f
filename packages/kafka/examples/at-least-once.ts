/**
 * At least once: a batch is committed after its work is done, never before. Here a worker dies in the middle of its work, and the one that
 * takes over reads again what was not committed: no order is lost, some are handled twice. So the work must bear a repetition, which
 * it does best by doing it under a key: here the receipt of an order replaces the receipt it may have already.
 *
 *     bun packages/kafka/examples/at-least-once.ts                              in-process cluster
 *     KAFKA_BROKER=localhost:9092 bun packages/kafka/examples/at-least-once.ts
 */
import { type Batch, createConsumer, createProducer } from "@campus/kafka";
import { openCluster } from "./support/cluster.ts";

await using cluster = await openCluster("at-least-once", { orders: 3 });
const { brokers, groupId, sessionTimeoutMs, topics } = cluster;
const orders = Array.from({ length: 1_000 }, (_, i) => ({ key: `order-${i}`, value: `${i % 5} burgers` }));
{
  await using producer = createProducer({ brokers });
  const delivery = await producer.sendBatch(topics.orders, orders);
  console.log(`sent ${delivery.length} orders`);
}

const receipts = new Map<string, string>();
let handled = 0;

/** Works until every order has its receipt, or until it dies. */
async function work(name: string, diesAfter = Number.POSITIVE_INFINITY): Promise<void> {
  await using consumer = createConsumer({
    brokers,
    groupId,
    sessionTimeoutMs,
    topics: [topics.orders],
    autoOffsetReset: "earliest",
    maxBatchRecords: 100,
  });
  const handle = async (batch: Batch): Promise<void> => {
    for (const { key, partition, offset } of batch) {
      if (handled === diesAfter) throw new Error(`out of power after ${handled} orders`);
      receipts.set(String(key), `${partition}/${offset}`);
      handled++;
    }
    await batch.commit(); // resolves when the broker has it
    if (receipts.size === orders.length) void consumer.close(); // not awaited: it waits for this very batch
  };
  await consumer.run(handle, { concurrency: 3 }).catch((error: Error) => {
    console.log(`${name}: ${error.message}`);
  });
}

await work("first worker", 450);
await work("second worker");
console.log(
  `${receipts.size} receipts for ${orders.length} orders; ${handled - receipts.size} handled twice`,
);
if (receipts.size !== orders.length) process.exitCode = 1;
