/** On the in-process cluster: it shows open transactions, so what the high watermark is for is shown on real Kafka (tests/analytics.test.ts). */
import { expect, setDefaultTimeout, test } from "bun:test";
import { createAdmin, createConsumer, createProducer } from "@campus/kafka";
import { createCluster } from "@campus/kafka/testing";
import { createStateLog, type StateLogOptions } from "./state-log.ts";
import { STATE_TOPIC } from "./state-topic.ts";

setDefaultTimeout(30_000);

const quiet = { onLog: () => undefined, onError: () => undefined };
const place = { topic: STATE_TOPIC, partition: 0 };

function setUp(options: Partial<StateLogOptions> = {}) {
  const cluster = createCluster({ topics: { [STATE_TOPIC]: 1 } });
  const { brokers } = cluster;
  const producer = createProducer({ brokers, ...quiet });
  const admin = createAdmin({ brokers, ...quiet });
  const log = createStateLog({
    openReader: (onEnd) =>
      createConsumer({
        brokers,
        ...quiet,
        groupId: "reader",
        partitions: [{ ...place, offset: 0 }],
        autoOffsetReset: "earliest",
        onEnd,
      }),
    highWatermark: async () => (await admin.listOffsets([{ ...place, at: "latest" }]))[0]!.offset,
    onFailure: () => undefined,
    ...options,
  });
  return {
    log,
    write: async (record: { key: string; value: string | null }) =>
      void (await producer.send(STATE_TOPIC, { ...record, partition: 0 })),
    async [Symbol.asyncDispose]() {
      await Promise.all([log.close(), producer.close(), admin.close()]);
      cluster.close();
    },
  };
}

test("of each key the newest value is there once the log was caught up with, and deleted ones are not", async () => {
  await using topic = setUp();
  const { log, write } = topic;
  await log.catchUp();
  expect(log.get("a")).toBeUndefined();
  for (const value of ["1", "2"]) for (const key of ["a", "b"]) await write({ key, value });
  await write({ key: "b", value: null });
  await Promise.all([log.catchUp(), log.catchUp(), log.readTo(2)]);
  expect([log.get("a"), log.get("b")]).toEqual([{ value: "2", offset: 2 }, undefined]);
  expect(await log.stableOffset()).toBe(5);
});

test("an end that can't be learned is the caller's to ask for again", async () => {
  await using topic = setUp({ highWatermark: () => Promise.reject(new Error("no broker")) });
  const error = await topic.log.catchUp().catch((reason) => reason);
  expect(error).toMatchObject({ message: "no broker" });
});

test("who waits for what has not come when the log is closed hears of it", async () => {
  const topic = setUp();
  const error = topic.log.readTo(1).catch((reason) => reason);
  await topic[Symbol.asyncDispose]();
  expect(await error).toMatchObject({ message: "analytics-state is not read any more" });
});
