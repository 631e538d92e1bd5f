// KafkaJS. It has no linger and sends what a `send` gets, so that batches are as large as a request takes well, and several
// are on their way at once.
import kafkajs from "kafkajs";
import lz4 from "lz4-napi";
import { Clock, percentiles, ReadTally, readBatches, readPayloads, report, settings } from "./subject.mjs";

const { CompressionCodecs, CompressionTypes, Kafka, logLevel, Partitioners } = kafkajs;
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: ({ buffer }) => lz4.compressFrame(buffer),
  decompress: (buffer) => lz4.decompressFrame(buffer),
});

const kafka = new Kafka({
  clientId: "bench",
  brokers: settings.brokers.split(","),
  logLevel: logLevel.ERROR,
});
const { topic } = settings;
const recordsASend = 10_000;
const sendsInFlight = 5;

async function createProducer() {
  const producer = kafka.producer({
    idempotent: true,
    maxInFlightRequests: sendsInFlight,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  return producer;
}

const send = (producer, messages) =>
  producer.send({ topic, messages, acks: -1, compression: CompressionTypes.LZ4 });

async function produce() {
  const batches = readBatches(({ key, value }) => ({ key, value }), recordsASend);
  const producer = await createProducer();
  const clock = new Clock();
  let acked = 0;
  let sent = 0;
  let error;
  /** Sends one batch after the other until `enough`. */
  const lane = async (enough) => {
    while (!enough()) {
      const messages = batches[(sent / recordsASend) % batches.length];
      sent += messages.length;
      try {
        await send(producer, messages);
        acked += messages.length;
      } catch (reason) {
        error = reason;
      }
    }
  };
  const lanes = (enough) => Promise.all(Array.from({ length: sendsInFlight }, () => lane(enough)));
  await lanes(() => clock.warmedUp(sent));
  clock.start(acked);
  await lanes(() => clock.over(sent));
  report({ ...clock.result(acked), lost: sent - acked, error: error && String(error) });
  await producer.disconnect();
}

async function latency() {
  const payloads = readPayloads();
  const producer = await createProducer();
  const samples = new Float64Array(settings.records);
  const clock = new Clock();
  let total = 0;
  for (; !clock.over(total); total++) {
    if (!clock.started && total === settings.warmup) clock.start(total);
    const messages = [payloads[total % payloads.length]];
    const startedAt = performance.now();
    await send(producer, messages);
    if (clock.started) samples[total - settings.warmup] = performance.now() - startedAt;
  }
  const result = clock.result(total);
  report({ ...result, ...percentiles(samples.subarray(0, result.records)), lost: 0 });
  await producer.disconnect();
}

async function consume() {
  const consumer = kafka.consumer({
    groupId: settings.groupId,
    maxWaitTimeInMs: 100,
    maxBytesPerPartition: 4_000_000,
    maxBytes: 16_000_000,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const tally = new ReadTally();
  await new Promise((resolve, reject) => {
    let over = false;
    const eachBatch = async ({ batch: { partition, messages } }) => {
      if (over) return;
      for (const { offset, key, value } of messages) tally.read(partition, Number(offset), key, value);
      over = tally.endOfBatch();
      if (over) resolve();
    };
    consumer.run({ eachBatch, autoCommit: false, partitionsConsumedConcurrently: 3 }).catch(reject);
  });
  report(tally.result());
  await consumer.disconnect();
}

await { produce, latency, consume }[process.argv[2]]();
