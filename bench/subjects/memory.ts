/**
 * Ours in `client-memory`: resident memory while records are produced as fast as they go, then the CPU that a producer and a consumer
 * take who have nothing to do.
 */
import { createConsumer, createProducer, type ProducerRecord } from "@campus/kafka";
import { Clock, readBatches, report, settings } from "./subject.ts";

const batches = readBatches((payload): ProducerRecord => payload);
const producer = createProducer({
  brokers: settings.brokers,
  acks: "all",
  idempotent: true,
  compression: "lz4",
  lingerMs: settings.lingerMs,
  maxQueuedRecords: settings.queueRecords,
  maxQueuedBytes: settings.queueBytes,
  librdkafka: { "batch.size": settings.batchBytes },
});

const rssMb = (): number => process.memoryUsage.rss() / 1e6;
let sent = 0;
let acked = 0;
let next = 0;
let warmRssMb = rssMb();
const clock = new Clock();
while (!clock.over(sent)) {
  if (!clock.started && sent >= settings.warmup) {
    await producer.flush();
    warmRssMb = rssMb();
    clock.start(acked);
  }
  const batch = batches[next++ % batches.length]!;
  await producer.ready(batch.length);
  sent += batch.length;
  producer.sendBatch(settings.topic, batch).then((delivery) => {
    acked += delivery.length;
  }, console.error);
}
await producer.flush();
const result = clock.result(acked);
const endRssMb = rssMb();

const consumer = createConsumer({
  brokers: settings.brokers,
  groupId: settings.groupId,
  topics: [settings.topic],
  autoOffsetReset: "latest",
});
const reading = consumer.run(() => undefined);
await Bun.sleep(2_000); // the group is joined and the first fetches are out: from here on both are idle
const before = process.cpuUsage();
const idleFrom = performance.now();
await Bun.sleep(settings.idleSeconds * 1000);
const used = process.cpuUsage(before);
const idleMicros = (performance.now() - idleFrom) * 1000;
report({
  ...result,
  lost: sent - acked,
  warmRssMb,
  endRssMb,
  slopeMbPerMillion: ((endRssMb - warmRssMb) * 1e6) / result.records,
  idleCpuPercent: ((used.user + used.system) / idleMicros) * 100,
});
await Promise.all([consumer.close(), reading]);
await producer.close();
