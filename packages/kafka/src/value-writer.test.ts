/** Values that write themselves into the producer's memory: as they are, or refused alone. */
import { expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { createConsumer } from "./consumer.ts";
import { BatchError, type KafkaError } from "./error.ts";
import type { ProducerRecord, ValueWriter } from "./record.ts";
import { useCluster } from "./test-cluster.ts";
import { createTransactionalProducer } from "./transaction.ts";

setDefaultTimeout(30_000);

const { cluster, producer, newTopic } = useCluster();

function writerOf(bytes: Uint8Array, maxBytes = bytes.length): ValueWriter {
  return {
    maxBytes,
    writeTo(target, offset) {
      target.set(bytes, offset);
      return bytes.length;
    },
  };
}

/** What lies in the topic, in order: so many, or up to a value. */
async function valuesOf(topic: string, until: number | string): Promise<(Buffer | null)[]> {
  await using consumer = createConsumer({
    ...{ brokers: cluster.brokers, groupId: `reader-of-${topic}`, topics: [topic] },
    autoOffsetReset: "earliest",
  });
  const values: (Buffer | null)[] = [];
  for await (const { value } of consumer.records())
    if (values.push(value) === until || String(value) === until) break;
  return values;
}

test("any bytes, among values of every other kind, with headers and without, whatever the bound", async () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  const record = fc.record({
    bytes,
    isWriter: fc.boolean(),
    // Up to more than all of the staging area.
    spare: fc.constantFrom(0, 0, 0, 1, 1000, 3_000_000),
    headers: fc.constantFrom(undefined, undefined, { name: "value" }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 60 }), async (records) => {
      const topic = newTopic();
      const sent = records.map(({ bytes, isWriter, spare, headers }): ProducerRecord => {
        const value = isWriter ? writerOf(bytes, bytes.length + spare) : bytes;
        return headers ? { value, headers } : { value };
      });
      await producer.sendBatch(topic, sent);
      const read = await valuesOf(topic, records.length);
      expect(read.map((value) => value && new Uint8Array(value))).toEqual(records.map(({ bytes }) => bytes));
    }),
    { numRuns: 15 },
  );
});

test("hundreds of thousands, with forced garbage collection, each checked by its checksum", async () => {
  const topic = newTopic();
  const [batches, size] = [60, 5_000];
  const reading = valuesOf(topic, batches * size);
  for (let batch = 0; batch < batches; batch++) {
    const records = Array.from({ length: size }, (_, i) => ({
      value: {
        maxBytes: 64,
        writeTo(target: Buffer, offset: number): number {
          const length = 16 + ((batch + i) % 48);
          target.fill((batch * size + i) & 0xff, offset + 8, offset + length);
          target.writeUInt32LE(batch * size + i, offset);
          const sum = Bun.hash.crc32(target.subarray(offset + 8, offset + length));
          target.writeUInt32LE(sum, offset + 4);
          return length;
        },
      },
    }));
    await producer.ready(size);
    void producer.sendBatch(topic, records);
    if (batch % 6 === 0) Bun.gc(true);
  }
  const values = await reading;
  for (const [i, value] of values.entries()) {
    if (value!.readUInt32LE(0) !== i) throw new Error(`value ${i} is ${value!.readUInt32LE(0)}`);
    if (value!.readUInt32LE(4) !== Bun.hash.crc32(value!.subarray(8)))
      throw new Error(`value ${i} is corrupt`);
  }
});

test("one that throws, or lies about its length, or sends records itself, is refused alone and says why", async () => {
  const topic = newTopic();
  const fine = writerOf(Buffer.from("fine"));
  const nested: Promise<unknown>[] = [];
  const outcome = (sent: Promise<unknown>) => nested.push(sent.catch((error) => error));
  const bad: readonly [reason: string, writer: ValueWriter][] = [
    ["no luck", { maxBytes: 9, writeTo: () => fail("no luck") }],
    ["returned 10", { maxBytes: 9, writeTo: () => 10 }],
    ["returned -1", { maxBytes: 9, writeTo: () => -1 }],
    ["returned 1.5", { maxBytes: 9, writeTo: () => 1.5 }],
    ["returned undefined", { maxBytes: 9, writeTo: () => undefined as never }],
  ];
  const greedy: ValueWriter = {
    maxBytes: 9,
    writeTo(target, offset) {
      outcome(producer.send(topic, { value: "nested" }));
      outcome(producer.sendBatch(topic, [{ value: "nested" }]));
      return target.write("greedy", offset);
    },
  };
  const records = [fine, ...bad.map(([, writer]) => writer), greedy, fine].map((value) => ({ value }));
  const error = (await producer.sendBatch(topic, records).catch((error) => error)) as BatchError;
  expect(error).toBeInstanceOf(BatchError);
  expect(error.failures.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5]);
  for (const [i, [reason]] of bad.entries()) {
    expect(error.failures[i]!.error).toMatchObject({ name: "_INVALID_ARG", retriable: false });
    expect(error.failures[i]!.error.message).toContain(reason);
  }
  const [one, many] = (await Promise.all(nested)) as [KafkaError, BatchError];
  expect(one.message).toContain("must not send records");
  expect(many.failures[0]!.error.message).toContain("must not send records");
  expect((await valuesOf(topic, 3)).map(String)).toEqual(["fine", "greedy", "fine"]);
  expect(producer.queueDepth).toBe(0);
  expect(producer.queuedBytes).toBe(0);
});

test("with headers, too", async () => {
  const topic = newTopic();
  const value: ValueWriter = { maxBytes: 9, writeTo: () => fail("no luck") };
  const error = await producer.send(topic, { value, headers: { a: "b" } }).catch((error) => error);
  expect(error).toMatchObject({ name: "_INVALID_ARG", message: expect.stringContaining("no luck") });
});

test("what is no writer is refused before anything is sent", async () => {
  const topic = newTopic();
  const writeTo = () => 0;
  for (const value of [
    {},
    { writeTo },
    { maxBytes: 1 },
    { writeTo, maxBytes: -1 },
    { writeTo, maxBytes: 0.5 },
  ]) {
    const sent = producer.sendBatch(topic, [{ value: "a" }, { value: value as never }]);
    await expect(sent).rejects.toThrow("record 1: value must be");
  }
  expect(producer.queueDepth).toBe(0);
});

test("in a transaction: written like others; one that fails makes it abortable", async () => {
  const topic = newTopic();
  await using transactional = createTransactionalProducer({
    ...{ brokers: cluster.brokers, transactionalId: topic, onLog: () => undefined },
  });
  const failing = await transactional.begin();
  const bad: ValueWriter = { maxBytes: 9, writeTo: () => fail("no luck") };
  const send = () => failing.sendBatch(topic, [{ value: "a" }, { value: bad }]);
  expect(send).toThrow("a record was refused");
  await expect(failing.commit()).rejects.toMatchObject({ abortable: true });
  await failing.abort();
  const kept = await transactional.begin();
  kept.sendBatch(topic, [{ value: writerOf(Buffer.from("written")) }, { value: "text" }]);
  await kept.commit();
  const values = (await valuesOf(topic, "text")).map(String);
  // The in-process cluster shows aborted records, too.
  expect(values.filter((value) => value !== "a")).toEqual(["written", "text"]);
});

function fail(message: string): never {
  throw new Error(message);
}
