// The official client by its promises, shaped like KafkaJS: `send` of batches, `eachBatch`.
import Confluent from "@confluentinc/kafka-javascript";
import {
  Clock,
  librdkafkaProperties,
  percentiles,
  ReadTally,
  readBatches,
  report,
  settings,
} from "./subject.mjs";

const { Kafka, logLevel } = Confluent.KafkaJS;
const kafka = new Kafka({ kafkaJS: { brokers: settings.brokers.split(","), logLevel: logLevel.ERROR } });

/** Without the brokers, which are told above, and one that this interface keeps to itself. */
function properties(kind) {
  const own = ["bootstrap.servers", "enable.auto.offset.store"];
  return Object.fromEntries(
    Object.entries(librdkafkaProperties(kind)).filter(([name]) => !own.includes(name)),
  );
}

async function produce() {
  const batches = readBatches(({ key, value }) => ({ key, value }));
  const producer = kafka.producer(properties("PRODUCER"));
  await producer.connect();
  let sent = 0;
  let acked = 0;
  let failed = 0;
  let error;
  let wake = () => {};
  let next = 0;
  const send = async () => {
    while (sent - acked - failed > settings.queueRecords - 1000)
      await new Promise((resolve) => {
        wake = resolve;
      });
    const messages = batches[next++ % batches.length];
    sent += messages.length;
    producer.send({ topic: settings.topic, messages }).then(
      () => {
        acked += messages.length;
        wake();
      },
      (reason) => {
        failed += messages.length;
        error = reason;
        wake();
      },
    );
    await new Promise((resolve) => setImmediate(resolve));
  };
  const drain = async () => {
    while (acked + failed < sent)
      await new Promise((resolve) => {
        wake = resolve;
      });
  };
  const clock = new Clock();
  while (!clock.warmedUp(sent)) await send();
  await drain();
  clock.start(acked);
  while (!clock.over(sent)) await send();
  await drain();
  report({ ...clock.result(acked), lost: sent - acked, error: error && String(error) });
  await producer.disconnect();
}

async function latency() {
  const payloads = readBatches(({ key, value }) => ({ key, value })).flat();
  const producer = kafka.producer(properties("PRODUCER"));
  await producer.connect();
  const samples = new Float64Array(settings.records);
  const clock = new Clock();
  let total = 0;
  for (; !clock.over(total); total++) {
    if (!clock.started && total === settings.warmup) clock.start(total);
    const startedAt = performance.now();
    await producer.send({ topic: settings.topic, messages: [payloads[total % payloads.length]] });
    if (clock.started) samples[total - settings.warmup] = performance.now() - startedAt;
  }
  const result = clock.result(total);
  report({ ...result, ...percentiles(samples.subarray(0, result.records)), lost: 0 });
  await producer.disconnect();
}

async function consume() {
  const consumer = kafka.consumer({ ...properties("CONSUMER"), "js.consumer.max.batch.size": 10_000 });
  await consumer.connect();
  await consumer.subscribe({ topics: [settings.topic] });
  const tally = new ReadTally();
  await new Promise((resolve, reject) => {
    let over = false;
    const eachBatch = async ({ batch: { partition, messages } }) => {
      if (over) return;
      for (const { offset, key, value } of messages) tally.read(partition, Number(offset), key, value);
      over = tally.endOfBatch();
      if (over) resolve();
    };
    consumer.run({ eachBatch }).catch(reject);
  });
  report(tally.result());
  await consumer.disconnect();
}

await { produce, latency, consume }[process.argv[2]]();
