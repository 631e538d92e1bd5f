/** The node-rdkafka-shaped consumer: groups, records, ends of partitions, offsets in every way, assignment by hand. */
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

const timestamp = 1_700_000_000_000;

async function fill(topic) {
  const producer = new Kafka.Producer({ "bootstrap.servers": brokers });
  await call(producer, "connect", {});
  for (let i = 0; i < 6; i++) {
    const headers = i === 0 ? [{ a: "1" }, { b: Buffer.from("2") }, { empty: "" }] : undefined;
    const value = i === 1 ? null : Buffer.from(`value ${i}`);
    producer.produce(
      topic,
      i % 2,
      value,
      i === 2 ? null : `key ${i}`,
      timestamp + i * 1000,
      undefined,
      headers,
    );
  }
  await call(producer, "flush", 10_000);
  await call(producer, "disconnect");
}

/** Asks for records until there are so many. */
async function take(consumer, count) {
  const messages = [];
  await until(`${count} records`, async () => {
    messages.push(...(await call(consumer, "consume", count - messages.length)));
    return messages.length >= count;
  });
  return messages;
}

main(async () => {
  const topic = name("consumer");
  await createTopics({ [topic]: 2 });
  await fill(topic);
  await group(topic);
  await offsets(topic);
  await byHand(topic);
});

async function group(topic) {
  const consumer = new Kafka.KafkaConsumer(
    {
      "bootstrap.servers": brokers,
      "group.id": name("group"),
      "enable.auto.commit": false,
      "enable.partition.eof": true,
      rebalance_cb: true,
      offset_commit_cb: true,
    },
    { "auto.offset.reset": "earliest" },
  );
  show("not connected", await errorOf(() => consumer.subscribe([topic])));
  const seen = [];
  consumer.on("rebalance", (error, partitions) => seen.push([error.code, sortedBy(partitions, "partition")]));
  consumer.on("rebalance.error", (error) => seen.push(["rebalance.error", error]));
  const ends = [];
  consumer.on("partition.eof", (end) => ends.push(end));
  const commits = [];
  consumer.on("offset.commit", (error, partitions) =>
    commits.push([error, sortedBy(partitions, "partition")]),
  );
  const data = [];
  consumer.on("data", (message) => data.push(message.offset));
  for (const event of ["subscribed", "unsubscribed"])
    consumer.on(event, (topics) => seen.push([event, topics]));
  await call(consumer, "connect", { timeout: 10_000 });
  consumer.setDefaultConsumeTimeout(200);
  consumer.subscribe([topic]);
  show("subscription", consumer.subscription());
  const messages = await take(consumer, 6);
  for (const message of sortedBy(messages, "partition", "offset")) show("message", message);
  show("data events", data.length);
  await until("both ends", async () => {
    await call(consumer, "consume", 1);
    return ends.length >= 2;
  });
  for (const end of sortedBy(ends, "partition")) show("end", end);
  show("assignments", sortedBy(consumer.assignments(), "partition"));
  show("protocol", consumer.rebalanceProtocol(), consumer.assignmentLost());
  show("position", sortedBy(consumer.position(), "partition"));
  show("connected", consumer.isConnected(), consumer.connectedTime() > 0, consumer.getLastError());
  show("watermarks kept", consumer.getWatermarkOffsets(topic, 0));

  consumer.commitSync({ topic, partition: 0, offset: 2, metadata: "noted" });
  show(
    "committed",
    await call(
      consumer,
      "committed",
      [
        { topic, partition: 0 },
        { topic, partition: 1 },
      ],
      5_000,
    ),
  );
  consumer.commit([{ topic, partition: 1, offset: 1 }]);
  await until("the commit's result", async () => {
    await call(consumer, "consume", 1);
    return commits.length >= 2;
  });
  for (const commit of commits) show("offset.commit", ...commit);
  consumer.commitMessage({ topic, partition: 1, offset: 1 });
  await new Promise((resolve) => consumer.commitCb([{ topic, partition: 0, offset: 3 }], resolve));
  await until("both commits", async () => {
    const found = await call(
      consumer,
      "committed",
      [
        { topic, partition: 0 },
        { topic, partition: 1 },
      ],
      5_000,
    );
    return found[0].offset === 3 && found[1].offset === 2;
  });
  show("committed later", await call(consumer, "committed", null, 5_000));
  consumer.commitMessageSync({ topic, partition: 0, offset: 3 });
  show("a message committed", await call(consumer, "committed", [{ topic, partition: 0 }], 5_000));
  show("commit of nothing", await errorOf(() => consumer.commitSync(null)));
  show("invalid commit", await errorOf(() => consumer.commit("text")));

  await call(consumer, "seek", { topic, partition: 0, offset: 1 }, 1_000);
  const again = await take(consumer, 2);
  show(
    "after seek",
    again.map(({ partition, offset }) => [partition, offset]),
  );
  show("pause", consumer.pause([{ topic, partition: 0 }]), consumer.resume([{ topic, partition: 0 }]));
  show("nothing more", (await call(consumer, "consume", 10)).length);
  consumer.unsubscribe();
  await until("partitions are given back", async () => {
    await call(consumer, "consume", 1);
    return consumer.assignments().length === 0;
  });
  await call(consumer, "disconnect");
  for (const event of seen) show("event", ...event);
  show("after disconnect", await errorOf(() => call(consumer, "consume", 1)));
  show("assignments after disconnect", await errorOf(() => consumer.assignments()));
}

async function offsets(topic) {
  const consumer = new Kafka.KafkaConsumer(
    {
      "bootstrap.servers": brokers,
      "group.id": name("stored"),
      "enable.auto.offset.store": false,
      "enable.auto.commit": false,
    },
    { "auto.offset.reset": "earliest" },
  );
  await call(consumer, "connect", {});
  consumer.setDefaultConsumeTimeout(200);
  consumer.setDefaultIsTimeoutOnlyForFirstMessage(true);
  const times = (offset) => [0, 1].map((partition) => ({ topic, partition, offset }));
  show("offsets for times", await call(consumer, "offsetsForTimes", times(timestamp + 2_000), 5_000));
  show("offsets for late times", await call(consumer, "offsetsForTimes", times(timestamp + 99_000), 5_000));
  show(
    "store, not subscribed",
    await errorOf(() => consumer.offsetsStore([{ topic, partition: 0, offset: 1 }])),
  );
  consumer.subscribe([new RegExp(`^${topic}$`)]);
  await take(consumer, 6);
  consumer.offsetsStore([{ topic, partition: 0, offset: 2 }]);
  consumer.commitSync(null);
  show("stored and committed", await call(consumer, "committed", [{ topic, partition: 0 }], 5_000));
  show(
    "store of another's",
    await errorOf(() => consumer.offsetsStore([{ topic: name("none"), partition: 0, offset: 2 }])),
  );
  show("watermarks", await call(consumer, "queryWatermarkOffsets", topic, 0, 5_000));
  await call(consumer, "disconnect");
}

async function byHand(topic) {
  const consumer = new Kafka.KafkaConsumer(
    { "bootstrap.servers": brokers, "group.id": name("by-hand"), "enable.auto.commit": false },
    { "auto.offset.reset": "error" },
  );
  await call(consumer, "connect", {});
  consumer.setDefaultConsumeTimeout(200);
  consumer.assign([{ topic, partition: 1, offset: 1 }]);
  show("assigned", consumer.assignments());
  show(
    "from offset 1",
    (await take(consumer, 2)).map(({ partition, offset }) => [partition, offset]),
  );
  consumer.incrementalAssign([{ topic, partition: 0, offset: "beginning" }]);
  show(
    "added",
    (await take(consumer, 3)).map(({ partition, offset }) => [partition, offset]),
  );
  consumer.incrementalUnassign([{ topic, partition: 1 }]);
  show(
    "left",
    consumer.assignments().map(({ partition }) => partition),
  );
  show(
    "unassign what is not there",
    await errorOf(() => consumer.incrementalUnassign([{ topic, partition: 1 }])),
  );
  consumer.unassign();
  show("none", consumer.assignments());
  consumer.assign([{ topic, partition: 0 }]);
  let reset = null;
  await until("the error of no offset", async () => {
    reset = await errorOf(() => call(consumer, "consume", 1));
    return reset !== null;
  });
  show("no offset to begin with", reset);
  await call(consumer, "disconnect");
}
