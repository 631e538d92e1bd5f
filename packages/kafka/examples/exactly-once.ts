/**
 * Exactly once: orders in, invoices out, and the offsets of the orders in the same transaction as their invoices: both come to be, or neither
 * does. `runTransactions` is the loop: it aborts and repeats, replaces a producer whose outcome is unknown, and goes back to what is committed.
 * On real Kafka a worker dies here in the middle of a transaction first; its invoices stay in the log, and nobody reads them.
 *
 *     bun packages/kafka/examples/exactly-once.ts                              in-process cluster
 *     KAFKA_BROKER=localhost:9092 bun packages/kafka/examples/exactly-once.ts
 */
import { createConsumer, createProducer, createTransactionalProducer, runTransactions } from "@campus/kafka";
import { openCluster } from "./support/cluster.ts";

await using cluster = await openCluster("exactly-once", { orders: 3, invoices: 1 });
const { brokers, groupId, sessionTimeoutMs, topics } = cluster;
const transactional = { brokers, transactionalId: groupId };
const orders = Array.from({ length: 2_000 }, (_, i) => ({ key: `order-${i}`, value: `${i % 9}` }));
{
  await using producer = createProducer({ brokers });
  await producer.sendBatch(topics.orders, orders);
}

if (!cluster.inProcess) {
  const worker = createTransactionalProducer(transactional);
  const transaction = await worker.begin();
  transaction.sendBatch(topics.invoices, orders.slice(0, 100));
  await worker.abandon(); // the newer producer of this transactionalId settles what this one leaves open
}

const group = { brokers, sessionTimeoutMs, autoOffsetReset: "earliest", maxBatchRecords: 200 } as const;
await using consumer = createConsumer({ ...group, groupId, topics: [topics.orders] });
let transactions = 0;
const running = runTransactions({
  consumer,
  producer: transactional,
  onRetry: (error) => console.log(`again: ${error.message}`),
  handler(batch, transaction) {
    transactions++; // only to be shown: a handler may be called again for the same batch, so it should do nothing but send
    const invoices = Array.from(batch, ({ key, value }) => ({ key, value: `${Number(value) * 3.5} EUR` }));
    transaction.sendBatch(topics.invoices, invoices);
  },
});

const invoices = new Map<string, number>();
await using reader = createConsumer({ ...group, groupId: `${groupId}-reader`, topics: [topics.invoices] });
const stopped = running.finally(() => reader.close()); // if the loop fails, the reader need not wait
for await (const { key } of reader.records()) {
  invoices.set(String(key), (invoices.get(String(key)) ?? 0) + 1);
  if (invoices.size === orders.length) break;
}
await consumer.close(); // ends runTransactions after the transaction in hand
await stopped;

const twice = [...invoices.values()].filter((count) => count > 1).length;
console.log(
  `${invoices.size} invoices for ${orders.length} orders, ${twice} twice, in ${transactions} transactions`,
);
if (invoices.size !== orders.length || twice > 0) process.exitCode = 1;
