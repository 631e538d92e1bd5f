/** Messages keep their bytes: sizes from nothing to over the limit, headers, opaques, in order, under a busy garbage collector. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createCluster, liveHandles, type MockCluster } from "@campus/kafka/testing";
import fc from "fast-check";
import Kafka, { type DeliveryReport, type LibrdKafkaError, type Message } from "./index.js";

setDefaultTimeout(120_000);

let cluster: MockCluster;
let before: Record<string, number>;
beforeAll(() => {
  before = liveHandles();
  cluster = createCluster({ topics: { sizes: 1, random: 1, soak: 3, ends: 1, restart: 1, waiting: 1 } });
});
afterAll(() => {
  cluster.close();
  expect(liveHandles()).toEqual(before);
});

type Delivery = { error: LibrdKafkaError | null | undefined; report: DeliveryReport };

async function withProducer(
  use: (producer: Kafka.Producer, deliveries: Delivery[]) => Promise<void>,
  settings: object = {},
): Promise<void> {
  const producer = new Kafka.Producer({ "bootstrap.servers": cluster.brokers, dr_msg_cb: true, ...settings });
  const deliveries: Delivery[] = [];
  producer.on("delivery-report", (error, report) => deliveries.push({ error, report }));
  await new Promise<void>((resolve, reject) =>
    producer.connect({}, (error) => (error ? reject(error) : resolve())),
  );
  producer.setPollInBackground(true);
  try {
    await use(producer, deliveries);
  } finally {
    await new Promise((resolve) => producer.disconnect(resolve));
  }
}

const flush = (producer: Kafka.Producer): Promise<unknown> =>
  new Promise((resolve) => producer.flush(30_000, resolve));

let groups = 0;

async function withConsumer(
  topic: string,
  use: (consumer: Kafka.KafkaConsumer) => Promise<void>,
  settings: object = {},
): Promise<void> {
  const consumer = new Kafka.KafkaConsumer(
    {
      "bootstrap.servers": cluster.brokers,
      "group.id": `messages-${groups++}`,
      "enable.auto.commit": false,
      ...settings,
    },
    { "auto.offset.reset": "earliest" },
  );
  await new Promise<void>((resolve, reject) =>
    consumer.connect({}, (error) => (error ? reject(error) : resolve())),
  );
  consumer.setDefaultConsumeTimeout(200);
  const partitions = topic === "soak" ? [0, 1, 2] : [0];
  consumer.assign(partitions.map((partition) => ({ topic, partition, offset: 0 })));
  try {
    await use(consumer);
  } finally {
    await new Promise<void>((resolve) => consumer.disconnect(() => resolve()));
  }
}

const consume = (consumer: Kafka.KafkaConsumer, count: number): Promise<Message[]> =>
  new Promise((resolve, reject) =>
    consumer.consume(count, (error, messages) => (error ? reject(error) : resolve(messages))),
  );

async function take(consumer: Kafka.KafkaConsumer, count: number): Promise<Message[]> {
  const messages: Message[] = [];
  const deadline = performance.now() + 60_000;
  while (messages.length < count && performance.now() < deadline)
    messages.push(...(await consume(consumer, count - messages.length)));
  return messages;
}

test("sizes from nothing to over the limit, and pieces that are not there", async () => {
  const large = Buffer.alloc(900_000, "large");
  const sent: [value: Buffer | null, key: Buffer | string | null][] = [
    [Buffer.from("v"), "k"],
    [null, null],
    // Not a tombstone: an empty piece stays empty.
    [Buffer.alloc(0), Buffer.alloc(0)],
    [Buffer.alloc(0), ""],
    [large, large.toString("latin1", 0, 70_000)],
    [Buffer.from("after the large one"), "ключ"],
  ];
  await withProducer(
    async (producer, deliveries) => {
      for (const [i, [value, key]] of sent.entries())
        producer.produce("sizes", 0, value, key, undefined, { i });
      expect(() => producer.produce("sizes", 0, Buffer.alloc(1_500_000))).toThrow("size too large");
      await flush(producer);
      expect(deliveries.map(({ error, report }) => [error, report.opaque])).toEqual(
        sent.map((_, i) => [null, { i }]),
      );
      const bytes = (piece: Buffer | string | null) => (piece === null ? null : Buffer.from(piece as string));
      expect(deliveries.map(({ report }) => [report.value, report.key])).toEqual(
        sent.map(([value, key]) => [value, bytes(key)]),
      );
      await withConsumer("sizes", async (consumer) => {
        const messages = await take(consumer, sent.length);
        expect(messages.map(({ value, key }) => [value, key])).toEqual(
          sent.map(([value, key]) => [value, bytes(key)]) as never,
        );
      });
    },
    { "message.max.bytes": 1_000_000 },
  );
});

test("random messages arrive as they were sent", async () => {
  const piece = fc.option(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)));
  const name = fc
    .string({ minLength: 1, unit: "grapheme" })
    .filter((text) => !text.includes("\0") && !/^\d+$/.test(text));
  const headerValue = fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes));
  const header = fc.tuple(name, headerValue).map(([key, value]) => ({ [key]: value }));
  const message = fc.record({
    value: piece,
    key: piece,
    timestamp: fc.integer({ min: 1, max: 2 ** 41 }),
    headers: fc.array(header, { maxLength: 40 }),
  });
  const sent = fc.sample(message, { numRuns: 500, seed: 7 });
  await withProducer(async (producer) => {
    for (const { value, key, timestamp, headers } of sent)
      producer.produce("random", 0, value, key, timestamp, undefined, headers as never);
    await flush(producer);
  });
  await withConsumer("random", async (consumer) => {
    const messages = await take(consumer, sent.length);
    const plain = messages.map(({ value, key, timestamp, headers = [] }) => ({
      value,
      key,
      timestamp,
      headers,
    }));
    expect(plain).toEqual(sent as never);
  });
});

test("many messages under forced garbage collection: none lost, none changed, order kept", async () => {
  const total = 60_000;
  const perPartition = [0, 0, 0];
  await withProducer(
    async (producer, deliveries) => {
      for (let i = 0; i < total; i++) {
        const value = Buffer.allocUnsafe(12 + (i % 200));
        value.fill(i % 251, 12);
        value.writeUInt32LE(i, 0);
        value.writeUInt32LE(Bun.hash.crc32(value.subarray(12)), 4);
        value.writeUInt32LE(perPartition[i % 3]!++, 8);
        producer.produce("soak", i % 3, value, `key ${i}`, undefined, i);
        if (i % 5_000 === 0) {
          Bun.gc(true);
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
      await flush(producer);
      expect(deliveries.filter(({ error }) => error)).toEqual([]);
      expect(deliveries.map(({ report }) => report.opaque as number).sort((a, b) => a - b)).toEqual(
        Array.from({ length: total }, (_, i) => i),
      );
    },
    { "queue.buffering.max.messages": total },
  );
  await withConsumer("soak", async (consumer) => {
    const next = [0, 0, 0];
    let seen = 0;
    while (seen < total) {
      const messages = await take(consumer, Math.min(7_001, total - seen));
      expect(messages.length).toBeGreaterThan(0);
      Bun.gc(true);
      for (const { value, key, partition } of messages as (Message & { value: Buffer })[]) {
        const i = value.readUInt32LE(0);
        if (value.readUInt32LE(4) !== Bun.hash.crc32(value.subarray(12))) throw new Error(`${i} is corrupt`);
        if (String(key) !== `key ${i}`) throw new Error(`${i} has another's key`);
        if (value.readUInt32LE(8) !== next[partition]!++) throw new Error(`${i} is out of order`);
        seen++;
      }
    }
  });
});

test("a broker that goes and comes back costs nothing", async () => {
  const total = 2_000;
  await withProducer(
    async (producer, deliveries) => {
      for (let i = 0; i < total; i++) {
        producer.produce("restart", 0, Buffer.from(String(i)), null, undefined, i);
        if (i === 500) cluster.brokerDown(1);
        if (i === 1_500) setTimeout(() => cluster.brokerUp(1), 300);
        if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await flush(producer);
      expect(deliveries.map(({ error, report }) => [error, report.opaque])).toEqual(
        Array.from({ length: total }, (_, i) => [null, i]),
      );
    },
    { "enable.idempotence": true },
  );
  await withConsumer("restart", async (consumer) => {
    const first = await take(consumer, total / 2);
    cluster.brokerDown(1);
    setTimeout(() => cluster.brokerUp(1), 300);
    const rest = await take(consumer, total / 2);
    expect([...first, ...rest].map(({ value }) => Number(value))).toEqual(
      Array.from({ length: total }, (_, i) => i),
    );
  });
});

test("several consume calls at once share what comes, each within its time", async () => {
  await withProducer(async (producer) => {
    for (let i = 0; i < 5; i++) producer.produce("ends", 0, Buffer.from(String(i)));
    await flush(producer);
  });
  const ends: number[] = [];
  await withConsumer(
    "ends",
    async (consumer) => {
      consumer.on("partition.eof", ({ offset }) => ends.push(offset));
      const [first, second, third] = await Promise.all([
        consume(consumer, 2),
        consume(consumer, 2),
        consume(consumer, 10),
      ]);
      expect([first, second, third].map((messages) => messages!.map(({ value }) => String(value)))).toEqual([
        ["0", "1"],
        ["2", "3"],
        ["4"],
      ]);
      const deadline = performance.now() + 10_000;
      while (ends.length === 0 && performance.now() < deadline) await consume(consumer, 1);
      expect(ends).toEqual([5]);
      const startedAt = performance.now();
      expect(await consume(consumer, 1)).toEqual([]);
      expect(performance.now() - startedAt).toBeGreaterThan(150);
      consumer.setDefaultConsumeTimeout(0);
      expect(await consume(consumer, 1)).toEqual([]);
    },
    { "enable.partition.eof": true },
  );
});

test("what is there comes at the end of a partition, however long the consumer would wait", async () => {
  await withProducer(async (producer) => {
    for (let i = 0; i < 3; i++) producer.produce("waiting", 0, Buffer.from(String(i)));
    await flush(producer);
  });
  await withConsumer(
    "waiting",
    async (consumer) => {
      consumer.setDefaultConsumeTimeout(60_000);
      const startedAt = performance.now();
      expect(await consume(consumer, 1_000)).toHaveLength(3);
      expect(performance.now() - startedAt).toBeLessThan(30_000);
    },
    { "enable.partition.eof": true },
  );
});
