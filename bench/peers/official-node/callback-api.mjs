// The official client by the interface it has from node-rdkafka: `produce` with delivery reports, `consume(n)`.
import Kafka from "@confluentinc/kafka-javascript";
import {
  Clock,
  librdkafkaProperties,
  percentiles,
  ReadTally,
  readPayloads,
  report,
  settings,
} from "./subject.mjs";

const connect = (client) =>
  new Promise((resolve, reject) => client.connect({}, (error) => (error ? reject(error) : resolve())));
const disconnect = (client) => new Promise((resolve) => client.disconnect(resolve));
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function createProducer(onReport) {
  const producer = new Kafka.Producer({ ...librdkafkaProperties("PRODUCER"), dr_cb: true });
  producer.on("delivery-report", onReport);
  await connect(producer);
  // Reports come as soon as they are there; a poll interval would add itself to each.
  producer.setPollInBackground(true);
  return producer;
}

async function produce() {
  const payloads = readPayloads();
  let sent = 0;
  let acked = 0;
  let failed = 0;
  let error;
  const producer = await createProducer((reason) => {
    if (reason) {
      failed++;
      error = reason;
    } else acked++;
  });
  const send = async () => {
    while (sent - acked - failed > settings.queueRecords - 1000) await turn();
    for (let i = 0; i < 1000; i++) {
      const { key, value } = payloads[sent++ % payloads.length];
      producer.produce(settings.topic, null, value, key);
    }
    await turn();
  };
  const drain = async () => {
    while (acked + failed < sent) await turn();
  };
  const clock = new Clock();
  while (!clock.warmedUp(sent)) await send();
  await drain();
  clock.start(acked);
  while (!clock.over(sent)) await send();
  await drain();
  report({ ...clock.result(acked), lost: sent - acked, error: error && String(error) });
  await disconnect(producer);
}

async function latency() {
  const payloads = readPayloads();
  let onReport;
  const producer = await createProducer((error) => onReport(error));
  const samples = new Float64Array(settings.records);
  const clock = new Clock();
  let total = 0;
  for (; !clock.over(total); total++) {
    if (!clock.started && total === settings.warmup) clock.start(total);
    const { key, value } = payloads[total % payloads.length];
    const startedAt = performance.now();
    await new Promise((resolve, reject) => {
      onReport = (error) => (error ? reject(error) : resolve());
      producer.produce(settings.topic, null, value, key);
    });
    if (clock.started) samples[total - settings.warmup] = performance.now() - startedAt;
  }
  const result = clock.result(total);
  report({ ...result, ...percentiles(samples.subarray(0, result.records)), lost: 0 });
  await disconnect(producer);
}

async function consume() {
  const consumer = new Kafka.KafkaConsumer(librdkafkaProperties("CONSUMER"));
  await connect(consumer);
  consumer.setDefaultConsumeTimeout(10);
  consumer.subscribe([settings.topic]);
  const take = () =>
    new Promise((resolve, reject) =>
      consumer.consume(10_000, (error, messages) => (error ? reject(error) : resolve(messages))),
    );
  const tally = new ReadTally();
  do {
    for (const { partition, offset, key, value } of await take()) tally.read(partition, offset, key, value);
  } while (!tally.endOfBatch());
  report(tally.result());
  await disconnect(consumer);
}

await { produce, latency, consume }[process.argv[2]]();
