/** The producer on the in-process cluster: what it delivers, what it refuses, what it leaves behind. */
import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { createConsumer } from "./consumer.ts";
import { BatchError, KafkaError } from "./error.ts";
import { createProducer } from "./producer.ts";
import type { ProducerRecord } from "./record.ts";
import { useCluster } from "./test-cluster.ts";
import { liveHandles } from "./testing/index.ts";

setDefaultTimeout(30_000);

const { cluster, newTopic } = useCluster();

const producerOf = (options = {}) =>
  createProducer({ brokers: cluster.brokers, onLog: () => undefined, ...options });

/** Reads `count` records back, as plain objects in offset order. */
async function readBack(topic: string, count: number) {
  await using consumer = createConsumer({
    brokers: cluster.brokers,
    groupId: `reader-of-${topic}`,
    topics: [topic],
    autoOffsetReset: "earliest",
  });
  const read: {
    key: Buffer | null;
    value: Buffer | null;
    timestamp: number;
    headers: unknown;
    partition: number;
  }[] = [];
  for await (const { key, value, timestamp, headers, partition } of consumer.records()) {
    read.push({ key, value, timestamp, headers, partition });
    if (read.length === count) break;
  }
  return read;
}

test("sends of one turn keep their order and each gets its own offset", async () => {
  const topic = newTopic();
  await using producer = producerOf();
  const deliveries = await Promise.all(
    Array.from({ length: 1000 }, (_, i) => producer.send(topic, { value: `${i}` })),
  );
  expect(deliveries.map(({ offset }) => offset)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  expect(producer.queueDepth).toBe(0);
  expect(producer.queuedBytes).toBe(0);
  expect(producer.counters).toEqual({ acknowledged: 1000, failed: 0, acknowledgedBytes: 2890 });
});

test("records with headers or a timestamp stay in order with those without", async () => {
  const topic = newTopic();
  await using producer = producerOf();
  const sent = Array.from({ length: 60 }, (_, i): ProducerRecord => {
    if (i % 3 === 0) return { value: `${i}` };
    return i % 3 === 1
      ? { value: `${i}`, headers: { n: `${i}` } }
      : { value: `${i}`, timestamp: 1_700_000_000_000 + i };
  });
  await Promise.all(sent.map((record) => producer.send(topic, record)));
  const read = await readBack(topic, sent.length);
  expect(read.map(({ value }) => value!.toString())).toEqual(sent.map(({ value }) => value as string));
  expect(read[2]!.timestamp).toBe(1_700_000_000_002);
  expect(read[1]!.headers).toEqual([["n", Buffer.from("1")]]);
});

test("null, empty and every byte survive as they are", async () => {
  const topic = newTopic();
  await using producer = producerOf();
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  const headers = [
    ["a", "1"],
    ["a", "2"],
    ["none", null],
    ["empty", ""],
    ["bytes", bytes],
  ] as const;
  await producer.sendBatch(topic, [
    { key: null, value: null },
    { key: "", value: "" },
    { key: bytes, value: bytes },
    { key: "schlüssel", value: "🍔\u0000", headers },
  ]);
  const read = await readBack(topic, 4);
  expect(read[0]).toMatchObject({ key: null, value: null });
  expect(read[1]).toMatchObject({ key: Buffer.alloc(0), value: Buffer.alloc(0) });
  expect(read[2]).toMatchObject({ key: Buffer.from(bytes), value: Buffer.from(bytes) });
  expect(read[3]!.value!.toString()).toBe("🍔\u0000");
  expect(read[3]!.headers).toEqual([
    ["a", Buffer.from("1")],
    ["a", Buffer.from("2")],
    ["none", null],
    ["empty", Buffer.alloc(0)],
    ["bytes", Buffer.from(bytes)],
  ]);
});

test("an explicit partition is taken, one that does not exist is an error of its record", async () => {
  const topic = newTopic(3);
  await using producer = producerOf();
  expect(await producer.send(topic, { value: "x", partition: 2 })).toMatchObject({
    topic,
    partition: 2,
    offset: 0,
  });
  expect(await producer.send(topic, { value: "x", partition: 9 }).catch((error) => error)).toMatchObject({
    name: "_UNKNOWN_PARTITION",
  });
});

test("a batch names the records that failed and keeps the rest", async () => {
  const topic = newTopic();
  await using producer = producerOf();
  const records = [{ value: "good" }, { value: "x".repeat(2_000_000) }, { value: "also good" }];
  const error = await producer.sendBatch(topic, records).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(BatchError);
  const failed = error as BatchError;
  expect(failed.delivered).toBe(2);
  expect(failed.failures.map(({ index, error: { name } }) => [index, name])).toEqual([
    [1, "MSG_SIZE_TOO_LARGE"],
  ]);
  expect(producer.queuedBytes).toBe(0);
});

test("a malformed record is refused with its place, and nothing of its batch is sent", async () => {
  const topic = newTopic();
  await using producer = producerOf();
  const bad: [unknown, string][] = [
    [{ value: 5 }, "record 1: value must be"],
    [{ value: "x", key: 5 }, "record 1: key must be"],
    [{ value: "x", partition: -1 }, "record 1: partition must be"],
    [{ value: "x", timestamp: 0.5 }, "record 1: timestamp must be"],
    [{ value: "x", headers: { "a\0b": "1" } }, "record 1: a header's name"],
    [{ value: "x", headers: { a: 1 } }, 'record 1: header "a"'],
  ];
  for (const [record, message] of bad) {
    expect(
      await producer.sendBatch(topic, [{ value: "ok" }, record as ProducerRecord]).catch((error) => error),
    ).toMatchObject({ message: expect.stringContaining(message) });
  }
  expect(await producer.send("", { value: "x" }).catch((error) => error)).toMatchObject({
    message: expect.stringContaining("the topic's name is empty"),
  });
  expect((await producer.send(topic, { value: "first" })).offset).toBe(0);
});

test("a full queue refuses at once, and ready() tells when there is room", async () => {
  const topic = newTopic();
  await using producer = producerOf({ maxQueuedRecords: 10 });
  await producer.send(topic, { value: "connected" });
  cluster.roundTripTime(1, 100);
  const first = producer.sendBatch(
    topic,
    Array.from({ length: 10 }, () => ({ value: "x" })),
  );
  expect(await producer.send(topic, { value: "one too many" }).catch((error) => error)).toMatchObject({
    name: "_QUEUE_FULL",
    retriable: true,
  });
  expect(await producer.ready(11).catch((error) => error)).toMatchObject({
    message: expect.stringContaining("never fit"),
  });
  await producer.ready(10);
  expect(producer.queueDepth).toBe(0);
  cluster.roundTripTime(1, 0);
  await first;
});

test("the batch that reaches the bound of bytes is taken whole, the next one not at all", async () => {
  const topic = newTopic();
  await using producer = producerOf({ maxQueuedBytes: 500_000 });
  await producer.send(topic, { value: "connected" });
  cluster.roundTripTime(1, 100);
  const batch = Array.from({ length: 100 }, () => ({ value: Buffer.alloc(20_000) }));
  const first = producer.sendBatch(topic, batch);
  const refused = await producer.sendBatch(topic, batch).catch((error) => error);
  expect(refused).toMatchObject({ name: "_QUEUE_FULL", message: expect.stringContaining("500000 bytes") });
  await producer.ready(100);
  cluster.roundTripTime(1, 0);
  expect((await first).length).toBe(100);
  // Nothing of the refused one lies between.
  expect((await producer.sendBatch(topic, batch)).offset(0)).toBe(101);
});

test("a delivery that can't be made in time fails, and says whether its outcome is known", async () => {
  const topic = newTopic();
  await using producer = producerOf({ deliveryTimeoutMs: 1_500 });
  await producer.send(topic, { value: "connected" });
  cluster.brokerDown(1);
  try {
    const error: KafkaError = await producer.send(topic, { value: "late" }).catch((reason) => reason);
    expect(error).toBeInstanceOf(KafkaError);
    expect(error).toMatchObject({ name: "_MSG_TIMED_OUT", retriable: true, possiblyPersisted: false });
    expect(error.message).toContain("the last attempt to connect: ");
    expect(error.cause).toMatchObject({ name: "_TRANSPORT" });
  } finally {
    cluster.brokerUp(1);
  }
  expect(await producer.send(topic, { value: "back" })).toMatchObject({ topic });
});

test("close() delivers what is in flight; what it can't deliver in time is rejected", async () => {
  const topic = newTopic();
  const producer = producerOf();
  const sends = Array.from({ length: 100 }, (_, i) => producer.send(topic, { value: `${i}` }));
  await producer.close();
  expect((await Promise.all(sends)).length).toBe(100);

  const stuck = producerOf();
  await stuck.send(topic, { value: "connected" });
  cluster.brokerDown(1);
  const lost = stuck.send(topic, { value: "lost" }).catch((reason: KafkaError) => reason.name);
  await stuck.close({ timeoutMs: 100 });
  cluster.brokerUp(1);
  expect(await lost).toMatch(/^_PURGE_(QUEUE|INFLIGHT)$/);
});

test("use after close and closing twice are defined", async () => {
  const producer = producerOf();
  await Promise.all([producer.close(), producer.close()]);
  await producer.close();
  expect(await producer.send("any", { value: "x" }).catch((error) => error)).toMatchObject({
    message: expect.stringContaining("the producer is closed"),
  });
  expect(await producer.ready().catch((error) => error)).toMatchObject({
    message: expect.stringContaining("the producer is closed"),
  });
});

test("bad options are refused before anything is created", () => {
  const before = liveHandles();
  expect(() => producerOf({ brokers: "" })).toThrow("brokers is empty");
  expect(() => producerOf({ acks: 1, idempotent: true })).toThrow('idempotent: true needs acks: "all"');
  expect(() => producerOf({ librdkafka: { "log.queue": false } })).toThrow("log.queue is set by the client");
  expect(() => producerOf({ librdkafka: { "lnger.ms": 1 } })).toThrow('did you mean "linger.ms"?');
  expect(() => producerOf({ lingerMs: 1e9 })).toThrow("linger.ms");
  const noText = Object.create(null) as never;
  expect(() => producerOf({ librdkafka: { "enable.idempotence": noText } })).toThrow("enable.idempotence");
  expect(liveHandles()).toEqual(before);
});

test("any key, value and headers come back byte for byte", async () => {
  const topic = newTopic();
  await using producer = producerOf();
  const bytes = fc.oneof(
    fc.constant(null),
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: "binary", maxLength: 100 }),
  );
  const name = fc
    .string({ unit: "binary", minLength: 1, maxLength: 20 })
    .filter((text) => !text.includes("\0"));
  const record = fc.record(
    { key: bytes, value: bytes, headers: fc.array(fc.tuple(name, bytes), { maxLength: 4 }) },
    { requiredKeys: ["value"] },
  );
  const batches = fc.sample(fc.array(record, { minLength: 1, maxLength: 50 }), 30);
  const sent = batches.flat();
  for (const batch of batches) await producer.sendBatch(topic, batch);
  const read = await readBack(topic, sent.length);
  const plain = (piece: string | Uint8Array | null | undefined) =>
    piece == null ? null : Buffer.from(piece as string);
  expect(read.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(
    sent.map(({ key, value, headers }) => ({
      key: plain(key),
      value: plain(value),
      headers: (headers ?? []).map(([header, content]) => [header, plain(content)]),
    })),
  );
});

test("sizes from nothing to beyond the limit: what fits arrives whole, the rest is refused by its name", async () => {
  const topic = newTopic();
  const limit = 20_000;
  await using producer = producerOf({ librdkafka: { "message.max.bytes": limit } });
  const size = fc.oneof(fc.nat(2 * limit), fc.integer({ min: limit - 300, max: limit + 100 }));
  const records = fc.sample(
    fc.record(
      {
        key: size.map((length) => Buffer.alloc(Math.floor(length / 10), "k")),
        value: size.map((length) => Buffer.alloc(length, "v")),
        headers: fc.constantFrom({}, { trace: "1" }, { trace: "x".repeat(500) }),
      },
      { requiredKeys: ["value"] },
    ),
    200,
  );
  const outcomes = await Promise.all(
    records.map((record) =>
      producer.send(topic, record).then(
        () => "taken",
        (error: KafkaError) => error.name,
      ),
    ),
  );
  const taken = records.filter((_, i) => outcomes[i] === "taken");
  const refused = new Set(outcomes.filter((outcome) => outcome !== "taken"));
  expect([...refused]).toEqual(["MSG_SIZE_TOO_LARGE"]);
  for (const [i, { key, value }] of records.entries()) {
    const bytes = value.length + (key?.length ?? 0);
    if (bytes > limit) expect(outcomes[i]).not.toBe("taken");
    if (bytes < limit - 1_000) expect(outcomes[i]).toBe("taken");
  }
  const read = await readBack(topic, taken.length);
  const sizes = (list: readonly { key?: unknown; value: unknown }[]) =>
    list.map(({ key, value }) => [
      (key as Buffer | null | undefined)?.length ?? null,
      (value as Buffer).length,
    ]);
  expect(sizes(read).toSorted()).toEqual(sizes(taken).toSorted());
});
