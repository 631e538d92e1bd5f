/**
 * Tests of code that uses Kafka, without Kafka: `createCluster` starts brokers of the real protocol inside the process, in milliseconds, and
 * fails on demand. What is tested here is `placeOrder`, on a fresh cluster each time. In a test file each of these is a `test` of
 * `bun:test`; here they run as a program.
 *
 *     bun packages/kafka/examples/testing-without-kafka.ts
 */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { createConsumer, createProducer, type Producer, type ProducerOptions } from "@campus/kafka";
import { createCluster, liveHandles, type MockCluster } from "@campus/kafka/testing";

const produce = 0; // the Kafka protocol's number of that request, as are these of its errors
const errorCode = { notEnoughReplicas: 19, connectionLost: -195 };

async function placeOrder(producer: Producer, id: string): Promise<string> {
  const { partition, offset } = await producer.send("orders", { key: id, value: "1 burger" });
  return `${partition}/${offset}`;
}

type Body = (cluster: MockCluster, producer: Producer) => Promise<void>;

async function test(name: string, body: Body, options: Partial<ProducerOptions> = {}): Promise<void> {
  using cluster = createCluster({ brokers: 3, topics: { orders: 1 } });
  const quiet = { onLog: () => undefined }; // a broker that is down is what these tests are about
  await using producer = createProducer({ brokers: cluster.brokers, ...quiet, ...options });
  await body(cluster, producer);
  console.log(`ok  ${name}`);
}

await test("an order is there to be read", async ({ brokers }, producer) => {
  equal(await placeOrder(producer, "a"), "0/0");
  const group = { groupId: "kitchen", topics: ["orders"], autoOffsetReset: "earliest" } as const;
  await using consumer = createConsumer({ brokers, ...group });
  for await (const record of consumer.records()) {
    equal(record.text(), "1 burger");
    break;
  }
});

await test("a broker's errors are retried, and nothing is doubled", async (cluster, producer) => {
  cluster.pushRequestErrors(produce, [errorCode.notEnoughReplicas, errorCode.connectionLost]);
  deepEqual(await Promise.all(["a", "b"].map((id) => placeOrder(producer, id))), ["0/0", "0/1"]);
});

const unreachable: Body = async (cluster, producer) => {
  for (const id of [1, 2, 3]) cluster.brokerDown(id);
  await rejects(placeOrder(producer, "a"), { name: "_MSG_TIMED_OUT", possiblyPersisted: false });
};
await test("an order that can't be placed says so in time", unreachable, { deliveryTimeoutMs: 500 });

await test("an order waits for brokers that are down", async (cluster, producer) => {
  for (const id of [1, 2, 3]) cluster.brokerDown(id);
  const waiting = placeOrder(producer, "a");
  for (const id of [1, 2, 3]) cluster.brokerUp(id);
  equal(await waiting, "0/0");
});

deepEqual(liveHandles(), {});
console.log("ok  everything native was given back");
