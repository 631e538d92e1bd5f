/** On the in-process cluster: it shows open transactions, so what a mark is for is shown on real Kafka (tests/analytics-restore.test.ts). */
import { expect, setDefaultTimeout, test } from "bun:test";
import { createConsumer, createProducer } from "@campus/kafka";
import { createCluster } from "@campus/kafka/testing";
import { createStateLog, type StateLogOptions } from "./state-log.ts";
import { STATE_TOPIC } from "./state-topic.ts";

setDefaultTimeout(30_000);

const quiet = { onLog: () => undefined, onError: () => undefined };

async function setUp(options: Partial<StateLogOptions> = {}) {
  const cluster = createCluster({ topics: { [STATE_TOPIC]: 1 } });
  const { brokers } = cluster;
  const producer = createProducer({ brokers, ...quiet });
  const write = async (record: { key: string; value: string | null }) =>
    void (await producer.send(STATE_TOPIC, { ...record, partition: 0 }));
  const failures: unknown[] = [];
  const log = createStateLog({
    consumer: createConsumer({
      brokers,
      ...quiet,
      groupId: "reader",
      partitions: [{ topic: STATE_TOPIC, partition: 0, offset: 0 }],
      autoOffsetReset: "earliest",
    }),
    write,
    markKey: "mark",
    onFailure: (error) => void failures.push(error),
    ...options,
  });
  return {
    log,
    write,
    failures,
    async [Symbol.asyncDispose]() {
      await log.close();
      await producer.close();
      cluster.close();
    },
  };
}

test("of each key the newest value is there once the log was caught up with, and deleted ones are not", async () => {
  await using topic = await setUp();
  const { log, write } = topic;
  await log.catchUp();
  expect(log.get("a")).toBeUndefined();
  for (const value of ["1", "2"]) for (const key of ["a", "b"]) await write({ key, value });
  await write({ key: "b", value: null });
  await write({ key: "mark", value: "of another instance" });
  await Promise.all([log.catchUp(), log.catchUp()]);
  expect([log.get("a")?.value, log.get("b"), log.get("mark")]).toEqual(["2", undefined, undefined]);
  expect(log.get("a")?.offset).toBeGreaterThan(0);
  expect(await log.stableOffset()).toBeGreaterThan(5);
});

test("a mark that never comes is written again: a newer one may have replaced it", async () => {
  let writes = 0;
  await using topic = await setUp({ markTimeoutMs: 20 });
  const { write } = topic;
  await using second = await setUp({
    markTimeoutMs: 20,
    write: async (record) => {
      if (++writes > 1) await second.write(record);
    },
  });
  await write({ key: "mark", value: "elsewhere" });
  await second.log.catchUp();
  expect(writes).toBeGreaterThan(1);
});

test("a mark that can't be written is the caller's to try again", async () => {
  await using topic = await setUp({ write: () => Promise.reject(new Error("no broker")) });
  const error = await topic.log.catchUp().catch((reason) => reason);
  expect(error).toMatchObject({ message: "no broker" });
});

test("who waits when the log is closed hears of it", async () => {
  const topic = await setUp({ write: async () => undefined });
  const error = topic.log.catchUp().catch((reason) => reason);
  await topic[Symbol.asyncDispose]();
  expect(await error).toMatchObject({ message: "analytics-state is not read any more" });
});
