/** The consumer on the in-process cluster: order, commits, concurrency, rebalances, closing. */
import { expect, setDefaultTimeout, test } from "bun:test";
import type { Batch } from "./batch.ts";
import { type Consumer, createConsumer } from "./consumer.ts";
import type { ConsumerOptions } from "./consumer-options.ts";
import { KafkaError } from "./error.ts";
import type { TopicPartition } from "./record.ts";
import { until, useCluster } from "./test-cluster.ts";

setDefaultTimeout(30_000);

const offsetCommit = 8;
const rebalanceInProgress = 27;

const { cluster, producer, newTopic } = useCluster();

/** A topic of its own with `count` numbered records, spread over its partitions by key. */
async function topicWith(count: number, partitions = 3): Promise<string> {
  const topic = newTopic(partitions);
  const records = Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: `${i}` }));
  if (count > 0) await producer.sendBatch(topic, records);
  return topic;
}

function consumerOf(topic: string, options: Partial<ConsumerOptions> = {}) {
  return createConsumer({
    brokers: cluster.brokers,
    groupId: `group-of-${topic}`,
    topics: [topic],
    autoOffsetReset: "earliest",
    onLog: () => undefined,
    // The in-process cluster ends a rebalance one second before the session would.
    sessionTimeoutMs: 1_500,
    ...options,
  });
}

test("the end of a partition is told when its batches are done, and again when more has come", async () => {
  const topic = await topicWith(5, 1);
  const told: string[] = [];
  await using consumer = consumerOf(topic, {
    maxBatchRecords: 3,
    onEnd: ({ partition, offset }) => void told.push(`end ${partition}/${offset}`),
  });
  for await (const { lastOffset } of consumer) {
    told.push(`batch to ${lastOffset}`);
    if (lastOffset === 4) break;
  }
  const more = consumer[Symbol.asyncIterator]();
  const next = more.next();
  await until(() => told.length === 3);
  await producer.send(topic, { key: "k", value: "5" });
  expect((await next).value?.lastOffset).toBe(5);
  expect(told).toEqual(["batch to 2", "batch to 4", "end 0/5"]);
  // Asking for another says that the last one is done.
  const last = more.next();
  await until(() => told.at(-1) === "end 0/6");
  expect((await consumer.lag())[0]?.lag).toBe(0);
  await consumer.close();
  expect((await last).done).toBe(true);
});

test("batches are of one partition, in offset order, without gaps or repeats", async () => {
  const topic = await topicWith(5_000);
  await using consumer = consumerOf(topic, { maxBatchRecords: 700 });
  const next = new Map<number, number>();
  const seen = new Set<string>();
  for await (const batch of consumer) {
    expect(batch.length).toBeLessThanOrEqual(700);
    expect(batch.firstOffset).toBe(next.get(batch.partition) ?? 0);
    for (const record of batch) {
      expect(record.offset).toBe(next.get(batch.partition) ?? 0);
      next.set(batch.partition, record.offset + 1);
      seen.add(record.text()!);
    }
    if (seen.size === 5_000) break;
  }
  expect([...next.values()].reduce((a, b) => a + b)).toBe(5_000);
});

test("what was committed is where the next consumer begins, metadata included", async () => {
  const topic = await topicWith(100, 1);
  {
    await using consumer = consumerOf(topic, { maxBatchRecords: 40 });
    for await (const batch of consumer) {
      await batch.commit({ metadata: "état 1" });
      break;
    }
    expect(await consumer.committed()).toEqual([{ topic, partition: 0, offset: 40, metadata: "état 1" }]);
  }
  await using next = consumerOf(topic);
  for await (const batch of next) {
    expect(batch.firstOffset).toBe(40);
    break;
  }
});

test("leaving the loop without a commit loses nothing", async () => {
  const topic = await topicWith(10, 1);
  for (let attempt = 0; attempt < 2; attempt++) {
    await using consumer = consumerOf(topic);
    for await (const batch of consumer) {
      expect(batch.firstOffset).toBe(0);
      break;
    }
  }
});

test("run() works on several partitions at once and on each in order", async () => {
  const topic = await topicWith(3_000);
  await using consumer = consumerOf(topic, { maxBatchRecords: 100 });
  const busy = new Set<number>();
  // The first batch waits for one of another partition: if those came one after the other, it would wait for ever.
  const { promise: another, resolve: meet } = Promise.withResolvers<void>();
  let seen = 0;
  const last = new Map<number, number>();
  const done = consumer.run(
    async (batch) => {
      expect(busy.has(batch.partition)).toBe(false);
      expect(batch.firstOffset).toBe(last.get(batch.partition) ?? 0);
      busy.add(batch.partition);
      if (busy.size > 1) meet();
      await another;
      last.set(batch.partition, batch.lastOffset + 1);
      busy.delete(batch.partition);
      seen += batch.length;
      if (seen === 3_000) void consumer.close();
    },
    { concurrency: 3 },
  );
  await done;
  expect(seen).toBe(3_000);
});

test("a backlog leaves the event loop its turns", async () => {
  const topic = await topicWith(20_000, 1);
  await using consumer = consumerOf(topic, { maxBatchRecords: 100 });
  // Fetched before the first batch is asked for, so that there is always another one at hand.
  await until(() => consumer.assignment().length === 1);
  await Bun.sleep(500);
  let turns = 0;
  const timer = setInterval(() => turns++, 10);
  const startedAt = performance.now();
  let records = 0;
  for await (const batch of consumer) {
    busyFor(2);
    records += batch.length;
    if (records === 20_000) break;
  }
  clearInterval(timer);
  // A turn every 10 ms at best; without any of its own accord the reader takes all of its 400 ms and more in one.
  expect(turns).toBeGreaterThan((performance.now() - startedAt) / 100);
});

test("a handler that throws stops the run, and its batch is not committed", async () => {
  const topic = await topicWith(30);
  await using consumer = consumerOf(topic);
  const boom = consumer.run(
    () => {
      throw new Error("boom");
    },
    { concurrency: 3 },
  );
  expect(await boom.catch((error) => error)).toMatchObject({ message: expect.stringContaining("boom") });
  expect((await consumer.committed()).every(({ offset }) => offset === -1)).toBe(true);
});

test("a second member takes its share; the batch in hand commits before its partition goes", async () => {
  const topic = await topicWith(3_000);
  const revoked: TopicPartition[] = [];
  // On a busy machine a member may be given up for dead. It comes back and reads again what it had not committed.
  let lost = 0;
  const onLost = () => {
    lost++;
  };
  await using first = consumerOf(topic, {
    maxBatchRecords: 10,
    onLost,
    onRevoked: (partitions) => {
      revoked.push(...partitions);
    },
  });
  const failures: unknown[] = [];
  const seen = [new Set<string>(), new Set<string>()] as const;
  const all = () => new Set([...seen[0], ...seen[1]]).size;
  const working = [first.run(count(0), { concurrency: 3 })];
  await until(() => seen[0].size > 100);
  await using second = consumerOf(topic, { maxBatchRecords: 10, onLost });
  working.push(second.run(count(1), { concurrency: 3 }));
  await until(() => second.assignment().length > 0 && first.assignment().length > 0);
  await producer.sendBatch(
    topic,
    Array.from({ length: 900 }, (_, i) => ({ key: `n${i}`, value: `n${i}` })),
  );
  await until(() => all() === 3_900);
  await Promise.all([first.close(), second.close()]);
  await Promise.all(working);
  if (lost === 0) {
    expect(failures).toEqual([]);
    expect(seen[0].size + seen[1].size).toBe(3_900);
  }
  expect(revoked.length).toBeGreaterThan(0);
  expect(seen[1].size).toBeGreaterThan(0);

  function count(member: 0 | 1) {
    return async (batch: Batch) => {
      await new Promise((resolve) => setImmediate(resolve));
      await batch.commit().catch((error) => failures.push(error));
      for (const { offset } of batch) seen[member].add(`${batch.partition}/${offset}`);
    };
  }
});

test("lag, position and pause", async () => {
  const topic = await topicWith(200, 1);
  await using consumer = consumerOf(topic, { maxBatchRecords: 50 });
  for await (const batch of consumer) {
    await batch.commit();
    break;
  }
  expect(await consumer.lag()).toEqual([{ topic, partition: 0, position: 50, high: 200, lag: 150 }]);
  await consumer.seek([{ topic, partition: 0, offset: 190 }]);
  for await (const batch of consumer) {
    expect(batch.firstOffset).toBe(190);
    break;
  }
  consumer.pause([{ topic, partition: 0 }]);
  await producer.send(topic, { value: "while paused" });
  const batches = consumer[Symbol.asyncIterator]();
  const next = batches.next();
  consumer.resume([{ topic, partition: 0 }]);
  expect((await next).value!.at(0).text()).toBe("while paused");
  await batches.return();
});

test("onAssigned may choose where to begin, and is awaited before fetching", async () => {
  const topic = await topicWith(100, 1);
  let asked = false;
  await using consumer = consumerOf(topic, {
    onAssigned: async (partitions) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      asked = true;
      return partitions.map((partition) => ({ ...partition, offset: 77 }));
    },
  });
  for await (const batch of consumer) {
    expect(asked).toBe(true);
    expect(batch.firstOffset).toBe(77);
    break;
  }
});

test("what onAssigned commits is committed, and reading begins there", async () => {
  const topic = await topicWith(100, 1);
  let committed: unknown;
  await using consumer: Consumer = consumerOf(topic, {
    onAssigned: async (partitions) => {
      await consumer.commit(partitions.map((partition) => ({ ...partition, offset: 42, metadata: "mark" })));
      committed = await consumer.committed(partitions);
    },
  });
  for await (const batch of consumer) {
    expect(committed).toEqual([{ topic, partition: 0, offset: 42, metadata: "mark" }]);
    expect(batch.firstOffset).toBe(42);
    await batch.commit();
    break;
  }
});

test("a commit that meets a rebalance is repeated, and does not undo a later one", async () => {
  const topic = await topicWith(100, 1);
  await using consumer = consumerOf(topic);
  const at = (offset: number) => [{ topic, partition: 0, offset }];
  for await (const _ of consumer) {
    cluster.pushRequestErrors(offsetCommit, [rebalanceInProgress, rebalanceInProgress]);
    await Promise.all([consumer.commit(at(10)), consumer.commit(at(20))]);
    expect(await consumer.committed([{ topic, partition: 0 }])).toEqual(at(20));
    break;
  }
});

test("a failing onAssigned is the iterator's error", async () => {
  const topic = await topicWith(10, 1);
  await using consumer = consumerOf(topic, {
    onAssigned: () => {
      throw new Error("no state to restore");
    },
  });
  expect(
    await consumer[Symbol.asyncIterator]()
      .next()
      .catch((error) => error),
  ).toMatchObject({ message: expect.stringContaining("no state to restore") });
});

test('autoOffsetReset "error" ends the iterator when there is no committed offset', async () => {
  const topic = await topicWith(10, 1);
  await using consumer = consumerOf(topic, { autoOffsetReset: "error" });
  expect(
    await consumer[Symbol.asyncIterator]()
      .next()
      .catch((error) => error),
  ).toMatchObject({ name: "_AUTO_OFFSET_RESET" });
});

test("committing a partition of someone else is refused", async () => {
  const topic = await topicWith(10, 1);
  await using consumer = consumerOf(topic);
  for await (const batch of consumer) {
    const elsewhere = { topic, partition: 7, offset: 1 };
    expect(await consumer.commit([elsewhere]).catch((error) => error)).toMatchObject({
      name: "_ASSIGNMENT_LOST",
    });
    await consumer.close({ timeoutMs: 500 });
    expect(await batch.commit().catch((error) => error)).toBeInstanceOf(KafkaError);
    break;
  }
});

test("closing ends a waiting iterator, twice is once, afterwards everything is an error", async () => {
  const topic = await topicWith(0, 1);
  const consumer = consumerOf(topic);
  const waiting = consumer[Symbol.asyncIterator]().next();
  await Promise.all([consumer.close(), consumer.close()]);
  expect((await waiting).done).toBe(true);
  expect(() => consumer.position([{ topic, partition: 0 }])).toThrow("this consumer is closed");
});

test("committed offsets asked for on the way out of the group are refused at once, not waited for", async () => {
  const topic = await topicWith(10, 1);
  const { promise: answer, resolve } = Promise.withResolvers<unknown>();
  const consumer: Consumer = consumerOf(topic, {
    async onRevoked(partitions) {
      resolve(await consumer.committed(partitions).catch((error) => error));
    },
  });
  for await (const batch of consumer) {
    await batch.commit();
    break;
  }
  const from = performance.now();
  await consumer.close();
  expect(await answer).toMatchObject({ name: "_STATE", retriable: false });
  expect(performance.now() - from).toBeLessThan(5_000);
});

test("partitions assigned by hand: from an offset, committed like any other", async () => {
  const topic = await topicWith(300);
  const options = { groupId: `by-hand-${topic}`, partitions: [{ topic, partition: 1, offset: 5 }] };
  const byHand = () =>
    createConsumer({
      brokers: cluster.brokers,
      autoOffsetReset: "earliest",
      onLog: () => undefined,
      ...options,
    });
  await using consumer = byHand();
  for await (const batch of consumer) {
    expect([batch.partition, batch.firstOffset]).toEqual([1, 5]);
    await batch.commit();
    break;
  }
  const [watermarks] = await consumer.watermarks([{ topic, partition: 1 }]);
  expect((await consumer.committed([{ topic, partition: 1 }]))[0]!.offset).toBe(watermarks!.high);
});

test("a pattern subscribes to the topics it matches", async () => {
  const topic = await topicWith(10, 1);
  await using consumer = consumerOf(topic, { topics: [`^${topic}$`] });
  for await (const batch of consumer) {
    expect(batch.topic).toBe(topic);
    expect(consumer.counters).toMatchObject({ batches: 1, records: 10, commits: 0 });
    break;
  }
});

test("a batch that is not given back is reported once, and the member stays", async () => {
  const topic = await topicWith(10, 1);
  const stalls: string[] = [];
  await using consumer = consumerOf(topic, {
    stallTimeoutMs: 200,
    onStall: ({ reason, topic: name, partition }) => stalls.push(`${reason} ${name}/${partition}`),
  });
  const batches = consumer[Symbol.asyncIterator]();
  const { value: batch } = await batches.next();
  await until(() => stalls.length > 0);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(stalls).toEqual([`handler ${topic}/0`]);
  await (batch as { commit(): Promise<void> }).commit();
  await batches.return();
});

test("a handler that takes longer than max.poll.interval.ms keeps its partition", async () => {
  const topic = await topicWith(10, 1);
  const lost: unknown[] = [];
  await using consumer = consumerOf(topic, {
    onLost: (partitions) => void lost.push(partitions),
    librdkafka: { "max.poll.interval.ms": 1_500 },
  });
  for await (const batch of consumer) {
    const taken = performance.now();
    await until(() => performance.now() - taken > 3_000);
    await batch.commit();
    break;
  }
  expect(lost).toEqual([]);
});

test("bad options are refused", () => {
  for (const groupId of ["", " ", "\t\n"])
    expect(() => consumerOf("t", { groupId })).toThrow("groupId is empty");
  expect(() => consumerOf("t", { topics: [] })).toThrow("topics is empty");
  expect(() => consumerOf("t", { partitions: [{ topic: "t", partition: 0 }] })).toThrow("exclude each other");
  expect(() => consumerOf("t", { groupProtocol: "consumer" })).toThrow(
    "sessionTimeoutMs is the broker's to set",
  );
  expect(() => consumerOf("t", { librdkafka: { "enable.auto.commit": true } })).toThrow(
    "enable.auto.commit is set by the client",
  );
});

/** Keeps the thread for so many milliseconds. */
function busyFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}
