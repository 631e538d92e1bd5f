/** The KafkaJS-shaped interface: producer, consumers by message and by batch, commits, seek, pause, admin. */
"use strict";

const { Kafka, brokers, errorOf, main, name, show, sortedBy, until } = require("./support.cjs");

const { Kafka: KafkaJS, logLevel, ErrorCodes, isKafkaJSError } = Kafka.KafkaJS;
const kafka = new KafkaJS({
  kafkaJS: { brokers: [brokers], clientId: "program", logLevel: logLevel.NOTHING },
});
const timestamp = 1_700_000_000_000;

const consumerOf = (group, kafkaJS = {}, properties = {}) =>
  kafka.consumer({
    kafkaJS: { groupId: name(group), fromBeginning: true, autoCommit: false, ...kafkaJS },
    ...properties,
  });

main(async () => {
  const topic = name("kafkajs");
  const admin = kafka.admin();
  await admin.connect();
  await topics(admin, topic);
  await produce(topic);
  await eachMessage(topic);
  await eachBatch(topic);
  await control(topic);
  await rebalanceCallback(topic);
  await administration(admin, topic);
  await admin.disconnect();
});

async function topics(admin, topic) {
  show("create", await admin.createTopics({ topics: [{ topic, numPartitions: 3, replicationFactor: 1 }] }));
  show("create again", await admin.createTopics({ topics: [{ topic }] }));
  await until("leaders", async () => {
    const described = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => []);
    const found = described.find((one) => one.name === topic);
    return found?.partitions.length === 3 && found.partitions.every(({ leader }) => leader >= 0);
  });
}

async function produce(topic) {
  const producer = kafka.producer({ kafkaJS: { acks: -1, compression: Kafka.KafkaJS.CompressionTypes.LZ4 } });
  show("not connected", await errorOf(() => producer.send({ topic, messages: [{ value: "x" }] })));
  await producer.connect();
  const messages = Array.from({ length: 9 }, (_, i) => ({
    key: `key ${i}`,
    value: i === 4 ? null : `value ${i}`,
    partition: i % 3,
    timestamp: String(timestamp + i * 1000),
    headers: i === 0 ? { one: "1", many: ["a", Buffer.from("b")] } : undefined,
  }));
  show("sent", sortedBy(await producer.send({ topic, messages }), "partition"));
  const batch = await producer.sendBatch({
    topicMessages: [
      { topic, messages: [{ value: "batch", partition: 0, timestamp: String(timestamp + 9000) }] },
    ],
  });
  show("sent batch", batch);
  show(
    "no such partition",
    await errorOf(() => producer.send({ topic, messages: [{ value: "x", partition: 12 }] })),
  );
  show("acks in send", await errorOf(() => producer.send({ topic, acks: 1, messages: [] })));
  show("flush", await producer.flush({ timeout: 5_000 }));
  await producer.disconnect();
  show("after disconnect", await errorOf(() => producer.send({ topic, messages: [{ value: "x" }] })));
}

async function eachMessage(topic) {
  const consumer = consumerOf("each-message");
  await consumer.connect();
  await consumer.subscribe({ topics: [topic] });
  const seen = [];
  let running = 0;
  let most = 0;
  consumer.run({
    partitionsConsumedConcurrently: 3,
    eachMessage: async ({ topic: from, partition, message }) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      seen.push({ from, partition, ...message });
      running--;
    },
  });
  await until("all messages", () => seen.length === 10);
  for (const message of sortedBy(seen, "partition", "timestamp")) show("message", message);
  show("side by side", most > 1);
  await consumer.commitOffsets([{ topic, partition: 0, offset: "2", metadata: "noted" }]);
  await until(
    "the commit",
    async () => (await consumer.committed([{ topic, partition: 0 }]))[0].offset === "2",
  );
  show(
    "committed",
    await consumer.committed([
      { topic, partition: 0 },
      { topic, partition: 1 },
    ]),
  );
  show("assignment", sortedBy(consumer.assignment(), "partition"));
  await consumer.disconnect();
  show("after disconnect", await errorOf(() => consumer.subscribe({ topic })));
}

async function eachBatch(topic) {
  const consumer = consumerOf("each-batch", { autoCommit: true, autoCommitInterval: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic: new RegExp(`^${topic}$`) });
  const dependent = consumer.dependentAdmin();
  await dependent.connect();
  show("of a consumer", (await dependent.listTopics()).includes(topic));
  await dependent.disconnect();
  const values = [];
  const fields = new Set();
  consumer.run({
    eachBatchAutoResolve: false,
    eachBatch: async ({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary, isRunning, isStale }) => {
      for (const message of batch.messages) {
        values.push(`${batch.partition}/${message.offset}=${message.value}`);
        resolveOffset(message.offset);
      }
      for (const field of Object.keys(batch)) fields.add(field);
      fields.add(`running ${isRunning()}`).add(`stale ${isStale()}`);
      fields.add(typeof batch.firstOffset() + typeof batch.lastOffset());
      await heartbeat();
      await commitOffsetsIfNecessary();
    },
  });
  await until("all batches", () => values.length === 10);
  show("values", values.sort());
  show("fields", [...fields].sort());
  await consumer.disconnect();
  const again = consumerOf("each-batch");
  await again.connect();
  await until("the automatic commit", async () => {
    const found = await again.committed([0, 1, 2].map((partition) => ({ topic, partition })));
    return found.map(({ offset }) => offset).join() === "4,3,3";
  });
  show("committed by itself");
  await again.disconnect();
}

async function control(topic) {
  const consumer = consumerOf("control");
  await consumer.connect();
  await consumer.subscribe({ topic });
  let seen = [];
  consumer.run({
    eachMessage: async ({ partition, message }) => seen.push(`${partition}/${message.offset}`),
  });
  await until("all messages", () => seen.length === 10);
  seen = [];
  await consumer.seek({ topic, partition: 1, offset: "1" });
  await until("what was sought", () => seen.length === 2);
  show("after seek", seen);
  consumer.pause([{ topic, partitions: [0] }]);
  show("paused", consumer.paused());
  consumer.resume([{ topic }]);
  show("resumed", consumer.paused());
  await consumer.disconnect();

  const errors = consumerOf("errors");
  show("run before connect", await errorOf(() => errors.run({ eachMessage: async () => {} })));
  show("subscribe before connect", await errorOf(() => errors.subscribe({ topic })));
  const error = await errorOf(() => kafka.consumer({ kafkaJS: {} }).connect());
  show("without a group", error, isKafkaJSError(error), error?.code === ErrorCodes.ERR__INVALID_ARG);
}

async function rebalanceCallback(topic) {
  const calls = [];
  const consumer = consumerOf(
    "rebalance",
    {},
    {
      rebalance_cb: (error, assignment) => {
        calls.push([error.code, sortedBy(assignment, "partition")]);
        if (error.code === ErrorCodes.ERR__ASSIGN_PARTITIONS)
          return assignment.map((one) => ({ ...one, offset: 2 }));
      },
      "partition.assignment.strategy": "cooperative-sticky",
    },
  );
  await consumer.connect();
  await consumer.subscribe({ topic });
  const seen = [];
  consumer.run({
    eachMessage: async ({ partition, message }) => seen.push(`${partition}/${message.offset}`),
  });
  await until("from offset 2", () => seen.length === 4);
  show("from offset 2", seen.sort());
  show("protocol", consumer.rebalanceProtocol());
  await consumer.disconnect();
  for (const one of calls) show("rebalance", ...one);
}

async function administration(admin, topic) {
  show("topics", (await admin.listTopics()).includes(topic));
  show(
    "metadata",
    (await admin.fetchTopicMetadata({ topics: [topic] })).map(({ name: found, partitions }) => [
      found,
      partitions.map(({ partitionId, leader, replicas, isr }) => [partitionId, leader, replicas, isr]),
    ]),
  );
  show("offsets", sortedBy(await admin.fetchTopicOffsets(topic), "partition"));
  show(
    "offsets by time",
    sortedBy(await admin.fetchTopicOffsetsByTimestamp(topic, timestamp + 4000), "partition"),
  );
  const groupId = name("each-message");
  show("group offsets", await admin.fetchOffsets({ groupId, topics: [topic] }));
  const { groups } = await admin.listGroups();
  show(
    "groups",
    sortedBy(
      groups.filter((one) => one.groupId.startsWith(name(""))),
      "groupId",
    ).map((one) => one.groupId),
  );
  const described = await admin.describeGroups([groupId]);
  show(
    "described",
    described.groups.map(({ groupId: id, members, state, protocolType }) => ({
      id,
      members,
      state,
      protocolType,
    })),
  );
  show(
    "delete records",
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "2" }] }),
  );
  show("delete groups", await admin.deleteGroups([groupId]));
  show("delete groups again", await errorOf(() => admin.deleteGroups([groupId])));
  show("delete", await admin.deleteTopics({ topics: [topic] }));
  show("delete again", await errorOf(() => admin.deleteTopics({ topics: [topic] })));
}
