/** Values are lent to librdkafka from memory of ours: they must stay as they are until their fate is known, however long and whatever else is sent. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { createConsumer } from "./consumer.ts";
import { BatchError } from "./error.ts";
import { createProducer, type Producer } from "./producer.ts";
import type { ProducerRecord } from "./record.ts";
import { useCluster } from "./test-cluster.ts";
import { liveHandles } from "./testing/index.ts";

setDefaultTimeout(60_000);

const handlesBefore = liveHandles();
const { cluster, newTopic } = useCluster({ brokers: 2 });

/** A value that says which it is, and whether it is whole: text, a small array, a view, or one that writes itself. */
function contentOf(number: number, length: number): ProducerRecord["value"] {
  const body = `${number}:`.padEnd(length, String.fromCharCode(97 + (number % 26)));
  const bytes = Buffer.from(Bun.hash.crc32(body).toString(16).padStart(8, "0") + body);
  if (number % 4 === 0) return bytes.toString();
  if (number % 4 === 1) return new Uint8Array(bytes);
  if (number % 4 === 2) return Buffer.concat([Buffer.alloc(5), bytes]).subarray(5);
  return { maxBytes: bytes.length + 3, writeTo: (target, offset) => bytes.copy(target, offset) };
}

/** The number of a value that is whole. */
function numberOf(value: Buffer | null): number {
  const body = value!.subarray(8).toString();
  if (value!.subarray(0, 8).toString() !== Bun.hash.crc32(body).toString(16).padStart(8, "0"))
    throw new Error(`corrupt: ${value!.subarray(0, 60)}`);
  return Number.parseInt(body, 10);
}

const valuesFrom = (first: number, count: number, length = 100) =>
  Array.from({ length: count }, (_, i) => ({ value: contentOf(first + i, length) }));

async function numbersIn(topic: string, count: number): Promise<number[]> {
  await using consumer = createConsumer({
    ...{ brokers: cluster.brokers, groupId: `reader-of-${topic}`, topics: [topic] },
    autoOffsetReset: "earliest",
  });
  const numbers: number[] = [];
  for await (const { value } of consumer.records()) if (numbers.push(numberOf(value)) === count) break;
  return numbers;
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

function producerOf(options: Partial<Parameters<typeof createProducer>[0]> = {}): Producer {
  return createProducer({
    brokers: cluster.brokers,
    onLog: () => undefined,
    onError: () => undefined,
    ...options,
  });
}

test("records that wait for their broker are whole when it is back, though a million others went past them", async () => {
  const [waiting, passing] = [newTopic(), newTopic()];
  cluster.moveLeader(waiting, 0, 1);
  cluster.moveLeader(passing, 0, 2);
  await using producer = producerOf();
  await producer.sendBatch(waiting, valuesFrom(0, 1));
  cluster.brokerDown(1);
  const held = [producer.sendBatch(waiting, valuesFrom(1, 2_000))];
  for (let i = 0; i < 1_000; i++) {
    // One of those that wait in most chunks of memory, so that none is free for long.
    if (i % 2 === 0) held.push(producer.sendBatch(waiting, valuesFrom(2_001 + i / 2, 1)));
    await producer.ready(1_000);
    await producer.sendBatch(passing, valuesFrom(i * 1_000, 1_000, 20));
    if (i % 100 === 0) Bun.gc(true);
  }
  cluster.brokerUp(1);
  await Promise.all(held);
  expect(await numbersIn(waiting, 2_501)).toEqual(upTo(2_501));
});

test("what has no room is copied: a batch far larger than the memory, and what is sent while all of it is lent", async () => {
  const topic = newTopic();
  // Memory of 512 KiB, the least there is.
  await using producer = producerOf({ maxQueuedBytes: 1_000, maxQueuedRecords: 50_000 });
  for (let round = 0; round < 3; round++) {
    await producer.ready();
    await producer.sendBatch(topic, valuesFrom(round * 3_000, 3_000, 400));
  }
  expect(await numbersIn(topic, 9_000)).toEqual(upTo(9_000));
});

test("large values, which are copied, between small ones, which are lent", async () => {
  await using producer = producerOf();
  for (let round = 0; round < 5; round++) {
    const topic = newTopic();
    const sizes = [300_000, 10, 10, 300_000, 10];
    // All of them under way at once: what one batch leaves in the staging area is overwritten by the next.
    await Promise.all(
      upTo(5).map((batch) =>
        producer.sendBatch(
          topic,
          sizes.map((size, i) => ({ value: contentOf(batch * sizes.length + i, size) })),
        ),
      ),
    );
    expect(await numbersIn(topic, 25)).toEqual(upTo(25));
  }
});

test("refused, purged and timed out records give their memory back", async () => {
  const topic = newTopic();
  await using producer = producerOf({
    maxQueuedBytes: 1_000,
    deliveryTimeoutMs: 300,
    librdkafka: { "message.max.bytes": 1_000 },
  });
  for (let round = 0; round < 20; round++) {
    // Each refused by its size, and each time as much as there is memory.
    const refused = await producer.sendBatch(topic, valuesFrom(0, 300, 2_000)).catch((error) => error);
    expect(refused).toBeInstanceOf(BatchError);
    expect(refused.failures).toHaveLength(300);
  }
  cluster.brokerDown(1);
  cluster.brokerDown(2);
  try {
    for (let round = 0; round < 5; round++) {
      const purged = producer.sendBatch(topic, valuesFrom(0, 600, 900));
      producer.purge();
      await expect(purged).rejects.toBeInstanceOf(BatchError);
    }
    await expect(producer.sendBatch(topic, valuesFrom(0, 600, 900))).rejects.toBeInstanceOf(BatchError);
  } finally {
    cluster.brokerUp(1);
    cluster.brokerUp(2);
  }
  // librdkafka takes its time to connect again.
  const isDelivered = () =>
    producer.sendBatch(topic, valuesFrom(0, 600, 900)).then(
      () => true,
      () => false,
    );
  while (!(await isDelivered())) await Bun.sleep(20);
  expect((await numbersIn(topic, 600)).slice(-600)).toEqual(upTo(600));
});

test("closing with values under way waits for them, or gives them up, and then gives the memory back", async () => {
  const topic = newTopic();
  const producers = Array.from({ length: 5 }, () => producerOf({ deliveryTimeoutMs: 60_000 }));
  for (const producer of producers) await producer.sendBatch(topic, valuesFrom(0, 10));
  cluster.brokerDown(1);
  cluster.brokerDown(2);
  try {
    const sent = producers.map((producer) =>
      producer.sendBatch(topic, valuesFrom(0, 1_000)).catch((error) => error),
    );
    await Promise.all(producers.map((producer) => producer.close({ timeoutMs: 50 })));
    for (const error of await Promise.all(sent)) expect(error).toBeInstanceOf(BatchError);
    expect(liveHandles()["payload memory"] ?? 0).toBe(handlesBefore["payload memory"] ?? 0);
  } finally {
    cluster.brokerUp(1);
    cluster.brokerUp(2);
  }
});
