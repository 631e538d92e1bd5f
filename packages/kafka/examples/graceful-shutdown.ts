/**
 * Shutting down without losing or repeating anything: a worker reads orders and writes a receipt for each. On SIGINT or SIGTERM the consumer
 * is closed first: the batch in hand is finished, its receipts are acknowledged, its offsets committed, the partitions given back. Then the
 * producer is closed, which delivers what is left. The next worker begins where this one ended, at once. With a number it stops
 * by itself after about so many orders.
 *
 *     bun packages/kafka/examples/graceful-shutdown.ts [orders]                 in-process cluster
 *     KAFKA_BROKER=localhost:9092 EXAMPLE_RUN=today bun packages/kafka/examples/graceful-shutdown.ts
 */
import { createConsumer, createProducer } from "@campus/kafka";
import { openCluster } from "./support/cluster.ts";

const stopAfter = Number(process.argv[2] ?? Number.POSITIVE_INFINITY);
await using cluster = await openCluster("graceful-shutdown", { orders: 3, receipts: 1 });
const { brokers, groupId, sessionTimeoutMs, topics } = cluster;

const producer = createProducer({ brokers });
const consumer = createConsumer({
  brokers,
  groupId,
  sessionTimeoutMs,
  topics: [topics.orders],
  autoOffsetReset: "earliest",
  maxBatchRecords: 20,
  onRevoked: (partitions) => console.log(`gives back ${partitions.length} partitions`),
});

let stopping: Promise<void> | undefined;
function stop(why: string): void {
  stopping ??= consumer.close({ timeoutMs: 8_000 }); // less than what the one who sent the signal waits before SIGKILL
  console.log(`${why}: finishes the batch in hand`);
}
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop(signal));

// Orders keep coming, so that there is always something in hand.
const incoming = setInterval(() => {
  const orders = Array.from({ length: 20 }, () => ({ key: crypto.randomUUID(), value: "2 burgers" }));
  producer.sendBatch(topics.orders, orders).catch((error) => stop(String(error)));
}, 10);

let handled = 0;
await consumer.run(async (batch) => {
  const receipts = Array.from(batch, ({ key }) => ({ key, value: "paid" }));
  await producer.sendBatch(topics.receipts, receipts);
  await batch.commit();
  if (handled === 0) console.log("working");
  handled += batch.length;
  if (handled >= stopAfter) stop(`${stopAfter} orders are done`);
});
clearInterval(incoming);
await stopping;
await producer.close();
const { acknowledged, failed } = producer.counters;
console.log(
  `handled and committed ${handled} orders; ${acknowledged} records acknowledged, ${failed} failed`,
);
