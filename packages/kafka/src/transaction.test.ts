/** Transactions on the in-process cluster: what is seen, what is not, and what happens when a call fails. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { createConsumer } from "./consumer.ts";
import { runTransactions } from "./run-transactions.ts";
import { useCluster } from "./test-cluster.ts";
import { createCluster, liveHandles } from "./testing/index.ts";
import { createTransactionalProducer } from "./transaction.ts";

const EndTxn = 26;
const AddOffsetsToTxn = 25;
const FindCoordinator = 10;
const notCoordinator = 16;

setDefaultTimeout(30_000);

const { cluster, producer, newTopic } = useCluster();
let names = 0;

const transactionalOf = (transactionalId: string) =>
  createTransactionalProducer({ brokers: cluster.brokers, transactionalId, onLog: () => undefined });

const consumerOf = (topic: string, groupId: string) =>
  createConsumer({
    brokers: cluster.brokers,
    groupId,
    topics: [topic],
    autoOffsetReset: "earliest",
    sessionTimeoutMs: 1_500,
    maxBatchRecords: 50,
    onLog: () => undefined,
  });

/** Values of a topic up to and including `last`. */
async function readUntil(topic: string, last: string): Promise<string[]> {
  await using consumer = consumerOf(topic, `reader-${names++}`);
  const values: string[] = [];
  for await (const record of consumer.records()) {
    values.push(record.text()!);
    if (values.at(-1) === last) break;
  }
  return values;
}

test("a committed transaction is seen whole", async () => {
  const topic = newTopic();
  await using transactional = transactionalOf("whole");
  await using transaction = await transactional.begin();
  transaction.send(topic, { value: "a" });
  transaction.sendBatch(topic, [{ value: "b" }, { value: "c", headers: { h: "1" } }]);
  await transaction.commit();
  expect(await readUntil(topic, "c")).toEqual(["a", "b", "c"]);
});

test("one at a time; ended is ended; leaving the block aborts", async () => {
  const topic = newTopic();
  await using transactional = transactionalOf("states");
  {
    await using transaction = await transactional.begin();
    expect(await transactional.begin().catch((error) => error)).toMatchObject({
      message: expect.stringContaining("a transaction is open"),
    });
    transaction.send(topic, { value: "never seen" });
  }
  const transaction = await transactional.begin();
  await transaction.commit();
  expect(() => transaction.send(topic, { value: "late" })).toThrow("this transaction has ended");
  expect(await transaction.commit().catch((error) => error)).toMatchObject({
    message: expect.stringContaining("this transaction has ended"),
  });
});

test("a record refused at once makes the transaction abortable", async () => {
  const topic = newTopic();
  await using transactional = transactionalOf("refused");
  const transaction = await transactional.begin();
  expect(() => transaction.send(topic, { value: "x".repeat(2_000_000) })).toThrow("a record was refused");
  expect(await transaction.commit().catch((error) => error)).toMatchObject({ abortable: true });
  await transaction.abort();
  const next = await transactional.begin();
  next.send(topic, { value: "fine" });
  await next.commit();
  expect((await readUntil(topic, "fine")).at(-1)).toBe("fine");
});

test("runTransactions: every record once, whatever the coordinator answers", async () => {
  const input = newTopic(3);
  const output = newTopic();
  const count = 2_000;
  await producer.sendBatch(
    input,
    Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: `${i}` })),
  );
  await using consumer = consumerOf(input, "copier");
  const retries: string[] = [];
  let transactions = 0;
  const done = new Set<string>();
  const running = runTransactions({
    consumer,
    producer: { brokers: cluster.brokers, transactionalId: "copier", onLog: () => undefined },
    onRetry: (error) => retries.push(error.name),
    handler(batch, transaction) {
      transactions++;
      // Errors the client must answer by aborting (48 INVALID_TXN_STATE is fatal, so not that one): 51, 14 are retried inside.
      if (transactions % 5 === 2) cluster.pushRequestErrors(AddOffsetsToTxn, [51, 14]);
      if (transactions % 7 === 3) cluster.pushRequestErrors(EndTxn, [14, -195]);
      transaction.sendBatch(
        output,
        [...batch].map((record) => ({ key: record.key, value: record.text() })),
      );
      for (const record of batch) done.add(record.text()!);
      if (done.size === count) setTimeout(() => consumer.close(), 500);
    },
  });
  await running;
  await producer.send(output, { value: "end" });
  const copied = (await readUntil(output, "end")).slice(0, -1);
  expect(copied.length).toBe(count);
  expect(new Set(copied).size).toBe(count);
  expect(transactions).toBeGreaterThan(10);
});

test("runTransactions: a handler's own error aborts and is thrown", async () => {
  const input = newTopic();
  await producer.send(input, { value: "poison" });
  await using consumer = consumerOf(input, "failing");
  const running = runTransactions({
    consumer,
    producer: { brokers: cluster.brokers, transactionalId: "failing", onLog: () => undefined },
    handler() {
      throw new Error("can't decide");
    },
  });
  expect(await running.catch((error) => error)).toMatchObject({
    message: expect.stringContaining("can't decide"),
  });
  expect((await consumer.committed([{ topic: input, partition: 0 }]))[0]!.offset).toBe(-1);
});

test("a call that librdkafka does not come back from is given up, and its client destroyed once it does", async () => {
  // Of its own: what the answer below makes librdkafka wait for is the next change of any connection.
  const lonely = createCluster({ brokers: 2 });
  lonely.createTopic("orders", { partitions: 1 });
  const options = { brokers: lonely.brokers, onLog: () => undefined };
  const transactionalOptions = { ...options, transactionalId: "stuck", transactionTimeoutMs: 1_000 };
  await using consumer = createConsumer({
    ...options,
    groupId: "stuck-group",
    partitions: [{ topic: "orders", partition: 0 }],
    autoOffsetReset: "earliest",
  });
  // It asks for its coordinator, too, and must not be the one who gets the answer below.
  await consumer.committed([{ topic: "orders", partition: 0 }]);
  const producers = () => liveHandles().producer ?? 0;
  const othersProducers = producers();
  const stuck = createTransactionalProducer(transactionalOptions);
  const transaction = await stuck.begin();
  transaction.send("orders", { value: "of the first" });
  // More than one: a connection that happens to come up now is such a change, too, and it asks again.
  lonely.pushRequestErrors(FindCoordinator, Array(100).fill(notCoordinator));
  const offsets = [{ topic: "orders", partition: 0, offset: 0 }];
  expect(await transaction.sendOffsets(consumer, offsets).catch((error) => error)).toMatchObject({
    name: "_TIMED_OUT",
    operation: "send offsets",
    retriable: true,
    abortable: false,
  });
  lonely.clearRequestErrors(FindCoordinator);
  const from = performance.now();
  await stuck.abandon();
  expect(performance.now() - from).toBeLessThan(5_000);

  await using successor = createTransactionalProducer(transactionalOptions);
  await using next = await successor.begin();
  next.send("orders", { value: "of the second" });
  await next.sendOffsets(consumer, offsets);
  await next.commit();

  lonely.brokerDown(1);
  lonely.brokerUp(1);
  const deadline = performance.now() + 10_000;
  while (producers() > othersProducers + 1 && performance.now() < deadline) await Bun.sleep(20);
  expect(producers()).toBe(othersProducers + 1);
  await successor.close();
  await consumer.close();
  lonely.close();
});
