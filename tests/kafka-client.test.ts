/** packages/kafka against the embedded cluster and real Apache Kafka: the same tests on both. */
import { expect, setDefaultTimeout, test } from "bun:test";
import {
  createAdmin,
  createConsumer,
  createProducer,
  createTransactionalProducer,
  type KafkaError,
  runTransactions,
} from "@campus/kafka";
import { onCluster, onEachCluster, type TestCluster } from "./support/clusters.ts";
import { until } from "./support/until.ts";

setDefaultTimeout(30_000);

function consumerOf(cluster: TestCluster, topic: string, options = {}) {
  return createConsumer({
    brokers: cluster.brokers,
    groupId: `group-of-${topic}`,
    topics: [topic],
    autoOffsetReset: "earliest",
    sessionTimeoutMs: cluster.sessionTimeoutMs,
    onLog: () => undefined,
    ...options,
  });
}

const producerOf = (cluster: TestCluster, options = {}) =>
  createProducer({ brokers: cluster.brokers, onLog: () => undefined, ...options });

const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: `${i}` }));

onEachCluster("kafka client", (cluster) => {
  test("what is sent is read, once, in order within each partition", async () => {
    const topic = await cluster().createTopic();
    await using producer = producerOf(cluster());
    const delivered = await producer.sendBatch(topic, numbered(20_000));
    await using consumer = consumerOf(cluster(), topic);
    const seen = new Set<string>();
    const next = [0, 0, 0];
    for await (const batch of consumer) {
      for (const record of batch) {
        expect(record.offset).toBe(next[batch.partition]!++);
        seen.add(record.text()!);
      }
      await batch.commit();
      if (seen.size === delivered.length) break;
    }
    expect(await consumer.lag()).toSatisfy((lags) => lags.every(({ lag }: { lag: number }) => lag === 0));
  });

  test.each(["none", "gzip", "snappy", "lz4"] as const)("compression %s", async (compression) => {
    const topic = await cluster().createTopic({ partitions: 1 });
    await using producer = producerOf(cluster(), { compression });
    await producer.sendBatch(topic, numbered(500));
    await using consumer = consumerOf(cluster(), topic);
    const values: string[] = [];
    for await (const record of consumer.records()) if (values.push(record.text()!) === 500) break;
    expect(values).toEqual(numbered(500).map(({ value }) => value));
  });

  test("offsets by first, last and time; a group's offsets read, set and honoured", async () => {
    const topic = await cluster().createTopic({ partitions: 1 });
    await using producer = producerOf(cluster());
    for (const timestamp of [1_000_000, 2_000_000, 3_000_000])
      await producer.send(topic, { value: "x", timestamp });
    await using admin = createAdmin({ brokers: cluster().brokers });
    const at = (spec: "earliest" | "latest") => ({ topic, partition: 0, at: spec });
    expect((await admin.listOffsets([at("earliest")]))[0]!.offset).toBe(0);
    expect((await admin.listOffsets([at("latest")]))[0]!.offset).toBe(3);
    const groupId = `reset-${topic}`;
    await admin.alterGroupOffsets(groupId, [{ topic, partition: 0, offset: 2 }]);
    expect(await admin.groupOffsets(groupId, [{ topic, partition: 0 }])).toEqual([
      { topic, partition: 0, offset: 2 },
    ]);
    await using consumer = consumerOf(cluster(), topic, { groupId });
    for await (const batch of consumer) {
      expect(batch.firstOffset).toBe(2);
      break;
    }
  });

  test("topics are listed and described; an unknown one is an error", async () => {
    const topic = await cluster().createTopic({ partitions: 5 });
    await using admin = createAdmin({ brokers: cluster().brokers, onLog: () => undefined });
    expect(await admin.listTopics()).toContain(topic);
    const [description] = await admin.describeTopics([topic]);
    expect(description!.partitions.map(({ partition, leader }) => [partition, leader !== null])).toEqual(
      [0, 1, 2, 3, 4].map((partition) => [partition, true]),
    );
    expect((await admin.describeCluster()).brokers.length).toBeGreaterThan(0);
  });
});

function isUnknownTopic(error: KafkaError): boolean {
  return error.name === "UNKNOWN_TOPIC_OR_PART";
}

async function lagOf(cluster: TestCluster, topic: string): Promise<number> {
  await using admin = createAdmin({ brokers: cluster.brokers });
  const ends = await admin.listOffsets(
    [0, 1, 2].map((partition) => ({ topic, partition, at: "latest" as const })),
  );
  const committed = await admin.groupOffsets(`group-of-${topic}`);
  return ends.reduce((sum, end) => {
    const done = committed.find(({ partition }) => partition === end.partition)?.offset ?? 0;
    return sum + end.offset - Math.max(0, done);
  }, 0);
}

onCluster("apache", "kafka client", (cluster) => {
  // The embedded cluster takes a transaction's offsets and forgets them: only real Kafka can show this.
  test("copies exactly once while members come and go", async () => {
    const [input, output] = [await cluster().createTopic(), await cluster().createTopic({ partitions: 1 })];
    await using producer = producerOf(cluster());
    await producer.sendBatch(input, numbered(3_000));
    const start = (id: string) => {
      const consumer = consumerOf(cluster(), input, { maxBatchRecords: 200 });
      const running = runTransactions({
        consumer,
        producer: { brokers: cluster().brokers, transactionalId: `${input}-${id}`, onLog: () => undefined },
        handler: (batch, transaction) =>
          transaction.sendBatch(
            output,
            Array.from(batch, ({ key, value }) => ({ key, value })),
          ),
      });
      return { stop: () => consumer.close().then(() => running), consumer };
    };
    const first = start("first");
    await until("the first member has partitions", () => first.consumer.assignment().length === 3);
    const second = start("second");
    await until("the second member has its share", () => second.consumer.assignment().length > 0, {
      deadlineMs: 30_000,
    });
    await producer.sendBatch(input, numbered(3_000));
    await second.stop();
    await until("everything is committed", async () => (await lagOf(cluster(), input)) === 0, {
      deadlineMs: 30_000,
    });
    await first.stop();
    await producer.send(output, { value: "end" });
    await using reader = consumerOf(cluster(), output);
    const counts = new Map<string, number>();
    for await (const record of reader.records()) {
      if (record.text() === "end") break;
      counts.set(record.text()!, (counts.get(record.text()!) ?? 0) + 1);
    }
    expect(counts.size).toBe(3_000);
    expect([...counts.values()].every((count) => count === 2)).toBe(true);
  }, 90_000);

  test("topics are created with their settings, each for itself, and deleted", async () => {
    await using admin = createAdmin({ brokers: cluster().brokers });
    const existing = await cluster().createTopic();
    const fresh = `${existing}-fresh`;
    const results = await admin.createTopics([
      { topic: fresh, partitions: 2, replicationFactor: 1, config: { "retention.ms": "60000" } },
      { topic: existing, partitions: 1, replicationFactor: 1 },
      { topic: `${existing}-wide`, partitions: 1, replicationFactor: 9 },
    ]);
    expect(results.get(fresh)).toBeNull();
    expect(results.get(existing)).toMatchObject({ name: "TOPIC_ALREADY_EXISTS" });
    expect(results.get(`${existing}-wide`)).toMatchObject({ name: "INVALID_REPLICATION_FACTOR" });
    expect((await admin.deleteTopics([fresh])).get(fresh)).toBeNull();
    await until("the deletion is known", () =>
      admin.describeTopics([fresh]).then(() => false, isUnknownTopic),
    );
  });

  test("groups are listed and described with their members", async () => {
    const topic = await cluster().createTopic();
    await using consumer = consumerOf(cluster(), topic, { clientId: "shown-in-groups" });
    await until("partitions are assigned", () => consumer.assignment().length === 3);
    await using admin = createAdmin({ brokers: cluster().brokers });
    const groupId = `group-of-${topic}`;
    await until("the group is stable", async () =>
      (await admin.listGroups()).some((group) => group.groupId === groupId && group.state === "Stable"),
    );
    const [group] = await admin.describeGroups([groupId]);
    expect(group!.members).toHaveLength(1);
    expect(group!.members[0]).toMatchObject({ clientId: "shown-in-groups" });
    expect(group!.members[0]!.assignment).toHaveLength(3);
    const refusal = await admin
      .alterGroupOffsets(groupId, [{ topic, partition: 0, offset: 0 }])
      .catch((error: KafkaError) => error);
    expect(refusal).toMatchObject({ name: "UNKNOWN_MEMBER_ID" });
  });

  test("a newer transactional producer of the same id fences the older; its records are never read", async () => {
    const topic = await cluster().createTopic({ partitions: 1 });
    const transactionalId = `fenced-${topic}`;
    const create = () =>
      createTransactionalProducer({ brokers: cluster().brokers, transactionalId, onLog: () => undefined });
    await using older = create();
    const stale = await older.begin();
    stale.send(topic, { value: "of the older" });
    await using newer = create();
    await newer.initialise();
    // Not `expect(…).rejects`: Bun waits for it in a nested turn of the event loop, where a worker's answer never arrives.
    expect(await stale.commit().catch((error: KafkaError) => error)).toMatchObject({ fatal: true });
    const transaction = await newer.begin();
    transaction.send(topic, { value: "of the newer" });
    await transaction.commit();
    await using consumer = consumerOf(cluster(), topic);
    for await (const record of consumer.records()) {
      expect(record.text()).toBe("of the newer");
      break;
    }
  });
});
