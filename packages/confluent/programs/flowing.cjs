/** `consume()` without a number: records flow as `data` events. And both streams. */
"use strict";

const { Kafka, brokers, call, createTopics, main, name, show, sortedBy, until } = require("./support.cjs");

const settings = (group) => ({
  "bootstrap.servers": brokers,
  "group.id": name(group),
  "enable.auto.commit": false,
  "enable.partition.eof": true,
});
const fromStart = { "auto.offset.reset": "earliest" };

main(async () => {
  const topic = name("flowing");
  await createTopics({ [topic]: 1 });
  await write(topic);
  await flow(topic);
  await read(topic);
  await warned();
});

async function write(topic) {
  const stream = Kafka.createWriteStream({ "bootstrap.servers": brokers }, {}, { topic });
  stream.on("error", (error) => show("write error", error));
  for (let i = 0; i < 5; i++) show("write", typeof stream.write(Buffer.from(`value ${i}`)));
  await new Promise((resolve) => stream.end(resolve));
  if (!stream.destroyed) await new Promise((resolve) => stream.close(resolve));

  const objects = Kafka.createWriteStream({ "bootstrap.servers": brokers }, {}, { objectMode: true });
  objects.write({ topic, partition: 0, value: Buffer.from("object"), key: "k" });
  await new Promise((resolve) => objects.end(resolve));
  await new Promise((resolve) => objects.close(resolve));
  show("written");
}

async function flow(topic) {
  const consumer = new Kafka.KafkaConsumer(settings("flow"), fromStart);
  const data = [];
  const ends = [];
  consumer.on("data", (message) => data.push(message));
  consumer.on("partition.eof", (end) => ends.push(end));
  await call(consumer, "connect", {});
  consumer.subscribe([topic]);
  consumer.consume();
  await until("all records and the end", () => data.length === 6 && ends.length >= 1);
  for (const { value, key, offset } of sortedBy(data, "offset")) show("data", value, key, offset);
  show("end", ends[0]);
  await call(consumer, "disconnect");
  show("disconnected", consumer.isConnected());
}

async function read(topic) {
  const stream = Kafka.createReadStream(settings("read"), fromStart, {
    topics: [topic],
    fetchSize: 3,
    streamAsBatch: false,
  });
  const values = [];
  for await (const message of stream) {
    values.push(message.value.toString());
    if (values.length === 6) break;
  }
  show("read", values);
  await until("the stream is closed", () => !stream.consumer.isConnected());
  show("closed", stream.destroyed);

  const batches = Kafka.createReadStream(settings("batches"), fromStart, {
    topics: [topic],
    streamAsBatch: true,
  });
  let count = 0;
  await new Promise((resolve, reject) => {
    batches.on("error", reject);
    batches.on("data", (messages) => {
      count += messages.length;
      if (count === 6) resolve();
    });
  });
  show("read as batches", count);
  await new Promise((resolve) => batches.close(resolve));
}

async function warned() {
  const consumer = new Kafka.KafkaConsumer(settings("warned"), fromStart);
  const warnings = [];
  consumer.on("warning", (warning) => warnings.push(warning));
  consumer.setDefaultConsumeLoopTimeoutDelay(10);
  consumer.setDefaultConsumeTimeout(100);
  await call(consumer, "connect", {});
  consumer.subscribe([name("no-such-topic")]);
  consumer.consume();
  await until("a warning", () => warnings.length > 0);
  show("warning", warnings[0]);
  await call(consumer, "disconnect");
}
