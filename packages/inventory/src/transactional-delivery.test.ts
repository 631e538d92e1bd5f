/**
 * On the in-process cluster, which has transactions but forgets their offsets: that this is noticed, and what is in a transaction. What real Kafka
 * makes of it is shown by tests/inventory.test.ts.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { deadLetterTopic, INVENTORY_EVENTS, ORDER_EVENTS } from "@campus/events";
import { type Consumer, createConsumer, KafkaError } from "@campus/kafka";
import { createCluster, type MockCluster } from "@campus/kafka/testing";
import { createMetrics } from "@campus/service";
import { createCounters } from "./counters.ts";
import type { Parcel } from "./parcel.ts";
import { recordingLog } from "./testing.ts";
import { createTransactionalDelivery, type TransactionalDeliveryOptions } from "./transactional-delivery.ts";

setDefaultTimeout(30_000);

const never = new AbortController().signal;
const partition = { topic: ORDER_EVENTS, partition: 0 };
const quiet = { onLog: () => undefined, onError: () => undefined };
const parcel: Parcel = {
  ...partition,
  firstOffset: 0,
  nextOffset: 2,
  records: 2,
  decisions: {
    outcomes: [{ key: "a", value: "of a" }],
    letters: [{ key: Buffer.from("b"), value: null, headers: [["dlq.group", "g"]] }],
    reserved: 1,
    failed: 0,
    repeated: 0,
  },
};

let cluster: MockCluster;
let consumer: Consumer;
beforeAll(() => {
  cluster = createCluster({
    topics: { [ORDER_EVENTS]: 1, [INVENTORY_EVENTS]: 1, [deadLetterTopic(ORDER_EVENTS)]: 1 },
  });
  const { brokers } = cluster;
  consumer = createConsumer({
    ...quiet,
    brokers,
    groupId: "g",
    partitions: [partition],
    autoOffsetReset: "earliest",
  });
});
afterAll(async () => {
  await consumer.close();
  cluster.close();
});

function setUp(changes: Partial<TransactionalDeliveryOptions> = {}) {
  const metrics = createMetrics();
  const { brokers } = cluster;
  const delivery = createTransactionalDelivery({
    partition,
    groupId: "g",
    client: { ...quiet, brokers },
    consumer,
    log: recordingLog().log,
    counters: createCounters(metrics),
    ...changes,
  });
  return { delivery, metrics };
}

test("a cluster that forgets the offsets of transactions is said so, and what to set", async () => {
  const { delivery, metrics } = setUp();
  expect(await delivery.settle()).toBe(-1);
  const error = await delivery.deliver(parcel, never).catch((error) => error);
  expect(error).not.toBeInstanceOf(KafkaError);
  expect(error.message).toContain("set INVENTORY_DELIVERY=at-least-once");
  expect(await metrics.metrics()).toContain('inventory_transactions_total{outcome="committed"} 1');
  await delivery.close();
  await using reader = createConsumer({
    ...quiet,
    brokers: cluster.brokers,
    groupId: "reader",
    partitions: [INVENTORY_EVENTS, deadLetterTopic(ORDER_EVENTS)].map((topic) => ({
      topic,
      partition: 0,
      offset: 0,
    })),
    autoOffsetReset: "earliest",
  });
  const seen: string[] = [];
  for await (const { topic, key } of reader.records()) {
    seen.push(`${topic} ${key}`);
    if (seen.length === 2) break;
  }
  expect(seen.sort()).toEqual(["inventory-events a", "order-events.dlq b"]);
});

test("an error before the commit aborts, and nothing of it has to be settled", async () => {
  const reason = new KafkaError({ code: -152, operation: "test", message: "bad luck", abortable: true });
  const { delivery, metrics } = setUp({
    beforeCommit() {
      throw reason;
    },
  });
  await delivery.settle();
  expect(await delivery.deliver(parcel, never).catch((error) => error)).toBe(reason);
  expect(await delivery.deliver(parcel, never).catch((error) => error)).toBe(reason);
  expect(await metrics.metrics()).toContain('inventory_transactions_total{outcome="aborted"} 2');
  await delivery.close();
});

test("a partition that was lost commits nothing", async () => {
  const lost = new Error("lost");
  const { delivery } = setUp();
  await delivery.settle();
  expect(await delivery.deliver(parcel, AbortSignal.abort(lost)).catch((error) => error)).toBe(lost);
  await delivery.close();
});

test("an end that took so long that something may have been sent twice is followed by a new epoch", async () => {
  let settled = 0;
  const counting = new Proxy(consumer, {
    get: (target, name) => {
      if (name === "committed") return async () => [{ ...partition, offset: 2 * ++settled }];
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  const { delivery } = setUp({ consumer: counting, member: consumer });
  await delivery.settle();
  // On a busy machine this may take as long as what is tried below: then it is followed by a new epoch, too, and that is counted away.
  await delivery.deliver(parcel, never);
  await delivery.settle();
  const before = settled;
  const behind = 2 * (before + 10);
  cluster.roundTripTime(1, 450);
  await delivery.deliver({ ...parcel, firstOffset: behind, nextOffset: behind + 2 }, never);
  cluster.roundTripTime(1, 0);
  expect(settled).toBe(before);
  // The group stands further than this parcel begins: somebody else was here, so it is not delivered.
  const error = await delivery
    .deliver({ ...parcel, firstOffset: 2 * before, nextOffset: behind + 2 }, never)
    .catch((error) => error);
  expect(settled).toBe(before + 1);
  expect(error).toMatchObject({ name: "_STATE", abortable: true });
  await delivery.close();
});
