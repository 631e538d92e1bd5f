/**
 * Many records, one promise a batch. `ready` waits for room in the bounded queue, so memory stays flat however fast records come; several
 * batches are under way at a time, because waiting for each would leave the connection idle. A batch that fails in part names the
 * records that failed; the others are in Kafka, and stay. Here one record is larger than a broker takes, and is set aside.
 *
 *     bun packages/kafka/examples/batch-produce.ts                              in-process cluster
 *     KAFKA_BROKER=localhost:9092 bun packages/kafka/examples/batch-produce.ts
 */
import { BatchError, createProducer, type ProducerRecord } from "@campus/kafka";
import { openCluster } from "./support/cluster.ts";

const batches = 40;
const perBatch = 1_000;
const tooLarge = { batch: 7, index: 42 };

await using cluster = await openCluster("batch-produce", { readings: 3 });
const topic = cluster.topics.readings;
await using producer = createProducer({ brokers: cluster.brokers, maxQueuedRecords: 5_000 });

const perPartition = new Map<number, number>();
const setAside: string[] = [];

async function send(batch: number, records: readonly ProducerRecord[]): Promise<void> {
  try {
    const delivery = await producer.sendBatch(topic, records);
    for (let i = 0; i < delivery.length; i++) count(delivery.partition(i));
  } catch (error) {
    if (!(error instanceof BatchError)) throw error; // nothing of it was sent
    for (const failure of error.failures)
      setAside.push(`record ${failure.index} of batch ${batch}: ${failure.error.name}`);
  }
}

function count(partition: number): void {
  perPartition.set(partition, (perPartition.get(partition) ?? 0) + 1);
}

const underWay: Promise<void>[] = [];
let deepest = 0;
for (let batch = 0; batch < batches; batch++) {
  const records = Array.from({ length: perBatch }, (_, i) => ({
    key: `sensor-${i}`,
    value: `${batch * perBatch + i}`,
  }));
  if (batch === tooLarge.batch) records[tooLarge.index]!.value = "x".repeat(2_000_000);
  await producer.ready(perBatch);
  underWay.push(send(batch, records));
  deepest = Math.max(deepest, producer.queueDepth);
}
await Promise.all(underWay);

const { acknowledged, failed } = producer.counters;
console.log(`acknowledged ${acknowledged} records, ${failed} failed, at most ${deepest} queued at a time`);
console.log(
  `in batches delivered whole: ${[...perPartition]
    .sort()
    .map(([id, n]) => `${n} in partition ${id}`)
    .join(", ")}`,
);
console.log(`set aside: ${setAside.join("; ")}`);
