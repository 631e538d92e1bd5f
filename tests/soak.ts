/**
 * Records through produce and consume with a checksum each, under forced garbage collection after the JIT has warmed up, and memory watched:
 *
 *   bun tests/soak.ts [--records 10000000] [--brokers host:port] [--json]
 *
 * Without brokers it starts a real Apache Kafka of its own. Exit code 1 when a record is lost, doubled or corrupt, when memory grows by more
 * than 1 MiB a million records after warm-up, or when a native handle is left.
 */
import { parseArgs } from "node:util";
import { startApache } from "@campus/broker";
import { createAdmin, createConsumer, createProducer, type ProducerRecord } from "@campus/kafka";
import { liveHandles } from "@campus/kafka/testing";

export interface SoakResult {
  readonly records: number;
  readonly corrupt: number;
  readonly missing: number;
  readonly produceRate: number;
  readonly consumeRate: number;
  /** Growth of the resident memory after warm-up, MiB a million records. */
  readonly produceSlope: number;
  readonly consumeSlope: number;
  readonly handles: Record<string, number>;
}

const partitions = 3;
const batchSize = 1_000;
/** Of the records: what counts as warm-up, before memory is compared. */
const warmUpShare = 0.3;

/**
 * Values of 100 to 400 bytes whose first eight are a hash of the rest, and whose text holds their number: a third of them strings, a third small arrays
 * of their own, which the engine keeps on its own heap, and a third views on a larger buffer.
 */
function recordOf(number: number): ProducerRecord {
  const body = `${number}:${"x".repeat(100 + ((number * 7919) % 300))}`;
  const [key, value] = [`k${number}`, hashOf(body) + body];
  if (number % 3 === 0) return { key, value };
  if (number % 3 === 1)
    return { key: new Uint8Array(Buffer.from(key)), value: new Uint8Array(Buffer.from(value)) };
  const both = Buffer.from(key + value);
  return { key: both.subarray(0, key.length), value: both.subarray(key.length) };
}

function hashOf(body: string): string {
  return (Bun.hash.xxHash32(body) >>> 0).toString(16).padStart(8, "0");
}

/** Samples of the resident memory; the slope is that of a line through those after warm-up. */
class Memory {
  readonly #samples: [records: number, mib: number][] = [];

  sample(records: number): void {
    Bun.gc(true);
    this.#samples.push([records / 1e6, process.memoryUsage.rss() / 2 ** 20]);
  }

  slope(total: number): number {
    const after = this.#samples.filter(([records]) => records >= (total / 1e6) * warmUpShare);
    const mean = (column: 0 | 1) => after.reduce((sum, sample) => sum + sample[column], 0) / after.length;
    const [x, y] = [mean(0), mean(1)];
    const covariance = after.reduce((sum, [records, mib]) => sum + (records - x) * (mib - y), 0);
    return covariance / after.reduce((sum, [records]) => sum + (records - x) ** 2, 0);
  }
}

export async function soak(
  brokers: string,
  records: number,
  onProgress: (line: string) => void = () => undefined,
): Promise<SoakResult> {
  const topic = `soak-${process.pid}-${Date.now()}`;
  await using admin = createAdmin({ brokers });
  const created = await admin.createTopics([{ topic, partitions, replicationFactor: 1 }]);
  if (created.get(topic)) throw created.get(topic)!;
  const sampleEvery = Math.max(batchSize, Math.floor(records / 40 / batchSize) * batchSize);
  const produced = await produce(brokers, topic, records, sampleEvery, onProgress);
  const consumed = await consume(brokers, topic, records, sampleEvery, onProgress);
  await admin.deleteTopics([topic]);
  await admin.close();
  return { records, ...produced, ...consumed, handles: liveHandles() };
}

async function produce(
  brokers: string,
  topic: string,
  records: number,
  sampleEvery: number,
  onProgress: (line: string) => void,
) {
  await using producer = createProducer({ brokers, lingerMs: 5 });
  const memory = new Memory();
  const startedAt = performance.now();
  const sends = new Set<Promise<unknown>>();
  let failure: unknown;
  for (let number = 0; number < records; number += batchSize) {
    await producer.ready(batchSize);
    const send = producer.sendBatch(
      topic,
      Array.from({ length: batchSize }, (_, i) => recordOf(number + i)),
    );
    const settled = send
      .catch((error) => {
        failure = error;
      })
      .finally(() => sends.delete(settled));
    sends.add(settled);
    if (failure) throw failure;
    if (number % sampleEvery === 0) {
      memory.sample(number);
      onProgress(`produced ${number} of ${records}`);
    }
  }
  await Promise.all(sends);
  if (failure) throw failure;
  return {
    produceRate: (records / (performance.now() - startedAt)) * 1_000,
    produceSlope: memory.slope(records),
  };
}

async function consume(
  brokers: string,
  topic: string,
  records: number,
  sampleEvery: number,
  onProgress: (line: string) => void,
) {
  await using consumer = createConsumer({
    brokers,
    groupId: topic,
    topics: [topic],
    autoOffsetReset: "earliest",
  });
  const memory = new Memory();
  const startedAt = performance.now();
  const seen = new Uint8Array(records);
  let [read, corrupt, nextSample] = [0, 0, 0];
  for await (const batch of consumer) {
    for (const record of batch) {
      const text = record.text()!;
      const body = text.slice(8);
      const number = Number(body.slice(0, body.indexOf(":")));
      if (text.slice(0, 8) !== hashOf(body) || record.key!.toString() !== `k${number}`) corrupt++;
      else if (seen[number] !== 0) corrupt++;
      else seen[number] = 1;
      read++;
    }
    if (read >= nextSample) {
      memory.sample(read);
      nextSample += sampleEvery;
      onProgress(`consumed ${read} of ${records}`);
      await batch.commit();
    }
    if (read >= records) break;
  }
  const missing = seen.reduce((sum, count) => sum + (count === 0 ? 1 : 0), 0);
  return {
    corrupt,
    missing,
    consumeRate: (read / (performance.now() - startedAt)) * 1_000,
    consumeSlope: memory.slope(records),
  };
}

/** What is wrong with a result, in words. */
export function faultsOf(
  { corrupt, missing, produceSlope, consumeSlope, handles }: SoakResult,
  slopeLimit = 1,
): string[] {
  const faults: string[] = [];
  if (corrupt > 0) faults.push(`${corrupt} records corrupt or doubled`);
  if (missing > 0) faults.push(`${missing} records missing`);
  if (produceSlope > slopeLimit)
    faults.push(`producing grows by ${produceSlope.toFixed(2)} MiB a million records`);
  if (consumeSlope > slopeLimit)
    faults.push(`consuming grows by ${consumeSlope.toFixed(2)} MiB a million records`);
  if (Object.keys(handles).length > 0) faults.push(`native handles left: ${JSON.stringify(handles)}`);
  return faults;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      records: { type: "string", default: "10000000" },
      brokers: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const records = Math.ceil(Number(values.records) / batchSize) * batchSize;
  if (!(records > 0)) throw new Error("--records must be a positive number");
  await using cluster = values.brokers ? null : await startApache();
  const result = await soak(values.brokers ?? cluster!.brokers, records, (line) =>
    process.stderr.write(`\r${line}   `),
  );
  process.stderr.write("\n");
  console.log(values.json ? JSON.stringify(result) : result);
  const faults = faultsOf(result);
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}

if (import.meta.path === Bun.main) await main();
