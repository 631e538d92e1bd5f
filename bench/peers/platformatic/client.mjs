// @platformatic/kafka. Like KafkaJS it sends what a `send` gets: large batches, several on their way at once.
import {
  CompressionAlgorithms,
  Consumer,
  MessagesStreamFallbackModes,
  MessagesStreamModes,
  ProduceAcks,
  Producer,
} from "@platformatic/kafka";
import { Clock, percentiles, ReadTally, readBatches, readPayloads, report, settings } from "./subject.mjs";

const bootstrapBrokers = settings.brokers.split(",");
const { topic } = settings;
const recordsASend = 10_000;
const sendsInFlight = 3;

function createProducer() {
  return new Producer({
    clientId: "bench",
    bootstrapBrokers,
    idempotent: true,
    acks: ProduceAcks.ALL,
    compression: CompressionAlgorithms.LZ4,
  });
}

async function produce() {
  const batches = readBatches(({ key, value }) => ({ topic, key, value }), recordsASend);
  const producer = createProducer();
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
        await producer.send({ messages });
        acked += messages.length;
      } catch (reason) {
        error = reason;
      }
    }
  };
  const lanes = (enough) => Promise.all(Array.from({ length: sendsInFlight }, () => lane(enough)));
  await lane(() => clock.warmedUp(sent));
  clock.start(acked);
  await lanes(() => clock.over(sent));
  report({ ...clock.result(acked), lost: sent - acked, error: error && String(error) });
  await producer.close();
}

async function latency() {
  const payloads = readPayloads();
  const producer = createProducer();
  const samples = new Float64Array(settings.records);
  const clock = new Clock();
  let total = 0;
  for (; !clock.over(total); total++) {
    if (!clock.started && total === settings.warmup) clock.start(total);
    const { key, value } = payloads[total % payloads.length];
    const startedAt = performance.now();
    await producer.send({ messages: [{ topic, key, value }] });
    if (clock.started) samples[total - settings.warmup] = performance.now() - startedAt;
  }
  const result = clock.result(total);
  report({ ...result, ...percentiles(samples.subarray(0, result.records)), lost: 0 });
  await producer.close();
}

async function consume() {
  const consumer = new Consumer({ clientId: "bench", bootstrapBrokers, groupId: settings.groupId });
  const stream = await consumer.consume({
    topics: [topic],
    mode: MessagesStreamModes.COMMITTED,
    fallbackMode: MessagesStreamFallbackModes.EARLIEST,
    autocommit: false,
    maxWaitTime: 100,
    maxBytes: 4_000_000,
    highWaterMark: 10_000,
  });
  const tally = new ReadTally();
  await new Promise((resolve, reject) => {
    let read = 0;
    stream.on("error", reject);
    stream.on("data", ({ partition, offset, key, value }) => {
      tally.read(partition, Number(offset), key, value);
      // Batches have no end here that one could see: look at the clock every thousandth record, and at the very last.
      if (++read % 1000 !== 0 && read < settings.warmup + settings.records) return;
      if (tally.endOfBatch()) {
        stream.pause();
        stream.removeAllListeners("data");
        resolve();
      }
    });
  });
  report(tally.result());
  await stream.close();
  await consumer.close(true);
}

await { produce, latency, consume }[process.argv[2]]();
