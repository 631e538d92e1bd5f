/** Ours in `client-produce`: batches of 1000 handed to `sendBatch` while the queue has room, each record's delivery reported. */
import { createProducer, type ProducerRecord } from "@campus/kafka";
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

let sent = 0;
let acked = 0;
let failure: unknown;

async function send(batch: readonly ProducerRecord[]): Promise<void> {
  await producer.ready(batch.length);
  sent += batch.length;
  producer.sendBatch(settings.topic, batch).then(
    (delivery) => {
      acked += delivery.length;
    },
    (error) => {
      failure ??= error;
    },
  );
}

const clock = new Clock();
let next = 0;
while (!clock.warmedUp(sent)) await send(batches[next++ % batches.length]!);
await producer.flush();
clock.start(acked);
while (!clock.over(sent)) await send(batches[next++ % batches.length]!);
await producer.flush();
report({ ...clock.result(acked), lost: sent - acked, ...(failure ? { error: String(failure) } : {}) });
await producer.close();
