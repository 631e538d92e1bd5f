/** The node-rdkafka-shaped producer: messages of every form, delivery reports with their opaques, errors, metadata, watermarks, flush. */
"use strict";

const {
  Kafka,
  brokers,
  call,
  createTopics,
  errorOf,
  main,
  name,
  show,
  sortedBy,
  until,
} = require("./support.cjs");

main(async () => {
  const topic = name("producer");
  await createTopics({ [topic]: 2 });

  const producer = new Kafka.Producer({
    "bootstrap.servers": brokers,
    "client.id": "program",
    dr_msg_cb: true,
    "queue.buffering.max.messages": 100,
    "linger.ms": 1,
  });
  show("not connected", await errorOf(() => producer.produce(topic, 0, Buffer.from("x"))));
  const events = [];
  producer.on("ready", (info, metadata) => events.push(["ready", info, Object.keys(metadata)]));
  producer.on("disconnected", (metrics) => events.push(["disconnected", Object.keys(metrics)]));
  const metadata = await call(producer, "connect", { topic, allTopics: false, timeout: 10_000 });
  show("connected", producer.isConnected(), producer.name, events);
  show("metadata", typeof metadata.orig_broker_name, metadata.brokers, metadata.topics);

  const reports = [];
  producer.on("delivery-report", (error, report) => reports.push({ error, ...report }));
  producer.setPollInterval(10);

  const timestamp = 1_700_000_000_000;
  const messages = [
    [topic, 0, Buffer.from("text"), "key", timestamp, "an opaque"],
    [topic, 0, Buffer.from("buffer key"), Buffer.from("k2"), timestamp, { an: "object" }],
    [topic, 0, null, "tombstone", timestamp, 1],
    [topic, 0, Buffer.from("empty key"), "", timestamp, null],
    [topic, 0, Buffer.from("no key"), null, timestamp],
    [
      topic,
      0,
      Buffer.from("headers"),
      "h",
      timestamp,
      "h",
      [{ one: "1" }, { two: Buffer.from("2") }, { one: "again" }],
    ],
    [topic, 1, Buffer.from("ümläut 学生 🦊"), "schlüssel", timestamp, "utf8"],
    [topic, null, Buffer.from("partitioned"), "murmur or not", timestamp, "partitioner"],
    [topic, 1, new Uint8Array([65, 66]), "uint8array", timestamp, "bytes"],
  ];
  for (const message of messages) show("produce", producer.produce(...message));
  await until("all reports", () => reports.length === messages.length);
  for (const report of sortedBy(reports, "partition", "offset")) show("report", report);

  show("no such partition", await errorOf(() => producer.produce(topic, 7, Buffer.from("x"), "k")));
  show("topic is no string", await errorOf(() => producer.produce(12, 0, Buffer.from("x"))));
  show("value is a string", await errorOf(() => producer.produce(topic, 0, "text")));
  show("value is undefined", await errorOf(() => producer.produce(topic, 0)));
  show("timestamp is a string", await errorOf(() => producer.produce(topic, 0, null, "k", "now")));
  show("too large", await errorOf(() => producer.produce(topic, 0, Buffer.alloc(2_000_000))));
  producer.setPollInterval(0);
  const full = await errorOf(() => {
    for (let i = 0; i < 200; i++) producer.produce(topic, 0, Buffer.from(`fill ${i}`), null, timestamp);
  });
  show("queue full", full);
  const before = reports.length;
  await call(producer, "flush", 10_000);
  await until("the reports of what was flushed", () => reports.length > before);
  show("flushed", reports.length > before);

  show("watermarks", await call(producer, "queryWatermarkOffsets", topic, 1, 5_000));
  show(
    "watermarks of nothing",
    await errorOf(() => call(producer, "queryWatermarkOffsets", topic, 9, 5_000)),
  );
  show("metadata of all", Object.keys(await call(producer, "getMetadata", { timeout: 5_000 })));
  show("sent", producer.sentMessages > messages.length);

  await call(producer, "disconnect", 5_000);
  show("disconnected", producer.isConnected(), events.at(-1));
  show("after disconnect", await errorOf(() => producer.produce(topic, 0, Buffer.from("x"))));
  show("metadata after disconnect", await errorOf(() => call(producer, "getMetadata", {})));

  await call(producer, "connect", {});
  show("connected again", producer.isConnected());
  await call(producer, "disconnect");

  await highLevel(topic, timestamp);
});

async function highLevel(topic, timestamp) {
  const producer = new Kafka.HighLevelProducer({ "bootstrap.servers": brokers });
  producer.setValueSerializer((value) => Buffer.from(JSON.stringify(value)));
  producer.setKeySerializer(async (key) => `key of ${key}`);
  await call(producer, "connect", {});
  const first = await call(producer, "produce", topic, 1, { a: 1 }, "a", timestamp);
  const second = await call(producer, "produce", topic, 1, { b: 2 }, "b", timestamp, [{ h: "1" }]);
  show("high level", typeof first, second - first);
  producer.setTopicValueSerializer((to, value) => Buffer.from(`${to.length > 0} ${value}`));
  producer.setTopicKeySerializer((to, key) => `${to.length > 0} ${key}`);
  show("by topic", (await call(producer, "produce", topic, 1, "c", "c", timestamp)) - second);
  show(
    "high level, no such partition",
    await errorOf(() => call(producer, "produce", topic, 9, {}, "x", timestamp)),
  );
  await call(producer, "disconnect");
}
