/**
 * Many records, no object each: a batch's columns say where in its bytes each key and value lies. For a loop that does little with a record
 * (counts, sums, filters), an object and two views of it would cost more than the loop itself. Here numbers are summed as they lie in the bytes.
 *
 *     bun packages/kafka/examples/batch-consume.ts                              in-process cluster
 *     KAFKA_BROKER=localhost:9092 bun packages/kafka/examples/batch-consume.ts
 */
import { createConsumer, createProducer, type RecordColumns } from "@campus/kafka";
import { openCluster } from "./support/cluster.ts";

const records = 40_000;
/** The first record has no value: a tombstone. */
const readingOf = (i: number) => (i === 0 ? null : `${i}`);

await using cluster = await openCluster("batch-consume", { readings: 3 });
const topic = cluster.topics.readings;
{
  await using producer = createProducer({ brokers: cluster.brokers });
  const all = Array.from({ length: records }, (_, i) => ({ key: `sensor-${i % 100}`, value: readingOf(i) }));
  for (let i = 0; i < records; i += 1_000) await producer.sendBatch(topic, all.slice(i, i + 1_000));
}

let read = 0;
let sum = 0;
let tombstones = 0;

function add({ bytes, valueStarts, valueLengths }: RecordColumns): void {
  for (let i = 0; i < valueStarts.length; i++) {
    const [start, length] = [valueStarts[i]!, valueLengths[i]!];
    if (length < 0) tombstones++;
    else sum += numberIn(bytes, start, start + length);
  }
  read += valueStarts.length;
}

/** The decimal digits of a stretch of bytes as a number. */
function numberIn(bytes: Uint8Array, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) number = number * 10 + bytes[at]! - 0x30;
  return number;
}

await using consumer = createConsumer({
  brokers: cluster.brokers,
  groupId: cluster.groupId,
  topics: [topic],
  autoOffsetReset: "earliest",
  sessionTimeoutMs: cluster.sessionTimeoutMs,
});
for await (const batch of consumer) {
  add(batch.columns);
  await batch.commit();
  if (read >= records) break;
}
console.log(`${read} records, their sum is ${sum}, ${tombstones} without a value`);
