/** Transactions by both interfaces: committed, aborted, with a consumer's offsets; a second producer fences the first. */
"use strict";

const { Kafka, brokers, call, createTopics, errorOf, main, name, show, until } = require("./support.cjs");

const { Kafka: KafkaJS, logLevel } = Kafka.KafkaJS;

main(async () => {
  const [input, output] = [name("input"), name("output")];
  await createTopics({ [input]: 1, [output]: 1 });
  await callbacks(output);
  await promises(input, output);
  show("read", await readCommitted(output));
  await fenced(output);
});

async function callbacks(topic) {
  const plain = new Kafka.Producer({ "bootstrap.servers": brokers });
  await call(plain, "connect", {});
  show("not transactional", await errorOf(() => call(plain, "initTransactions", 5_000)));
  await call(plain, "disconnect");

  const producer = new Kafka.Producer({
    "bootstrap.servers": brokers,
    "transactional.id": name("callbacks"),
    dr_cb: true,
  });
  const reports = [];
  producer.on("delivery-report", (error, { opaque }) => reports.push([error?.code, opaque]));
  await call(producer, "connect", {});
  show("not initialized", await errorOf(() => call(producer, "beginTransaction")));
  show("init", await errorOf(() => call(producer, "initTransactions", 20_000)));
  show("commit without begin", await errorOf(() => call(producer, "commitTransaction", 5_000)));
  await call(producer, "beginTransaction");
  show("begin twice", await errorOf(() => call(producer, "beginTransaction")));
  producer.produce(topic, 0, Buffer.from("committed by callbacks"), null, undefined, "first");
  show("commit", await errorOf(() => call(producer, "commitTransaction", 10_000)));
  // Until the coordinator is done with it: an abort that comes while the next one still waits for that may be refused.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await call(producer, "beginTransaction");
  producer.produce(topic, 0, Buffer.from("aborted by callbacks"), null, undefined, "second");
  show("abort", await errorOf(() => call(producer, "abortTransaction", 10_000)));
  await until("both reports", () => reports.length === 2);
  show("reports", reports);
  await call(producer, "disconnect");
}

async function promises(input, output) {
  const kafka = new KafkaJS({ kafkaJS: { brokers: [brokers], logLevel: logLevel.NOTHING } });
  const source = kafka.producer();
  await source.connect();
  await source.send({ topic: input, messages: [{ value: "1" }, { value: "2" }, { value: "3" }] });
  await source.disconnect();

  const producer = kafka.producer({ kafkaJS: { transactionalId: name("promises") } });
  const consumer = kafka.consumer({
    kafkaJS: { groupId: name("transactions"), fromBeginning: true, autoCommit: false },
  });
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topic: input });
  let done = 0;
  consumer.run({
    eachMessage: async ({ topic, partition, message }) => {
      const transaction = await producer.transaction();
      await transaction.send({ topic: output, messages: [{ value: `from ${message.value}` }] });
      const offset = String(Number(message.offset) + 1);
      await transaction.sendOffsets({ consumer, topics: [{ topic, partitions: [{ partition, offset }] }] });
      if (message.value.toString() === "2") await transaction.abort();
      else await transaction.commit();
      done++;
    },
  });
  await until("all transactions", () => done === 3);
  show("active", producer.isActive());
  show("offsets without a consumer", await errorOf(() => producer.sendOffsets({ topics: [] })));
  const [committed] = await consumer.committed([{ topic: input, partition: 0 }]);
  show("committed", committed.offset);
  await consumer.disconnect();
  await producer.disconnect();
}

async function readCommitted(topic) {
  const consumer = new Kafka.KafkaConsumer(
    {
      "bootstrap.servers": brokers,
      "group.id": name("reader"),
      "isolation.level": "read_committed",
      "enable.partition.eof": true,
    },
    { "auto.offset.reset": "earliest" },
  );
  let ended = false;
  consumer.on("partition.eof", () => {
    ended = true;
  });
  await call(consumer, "connect", {});
  consumer.setDefaultConsumeTimeout(200);
  consumer.assign([{ topic, partition: 0, offset: "earliest" }]);
  const values = [];
  await until("the end", async () => {
    for (const { value } of await call(consumer, "consume", 10)) values.push(value.toString());
    return ended;
  });
  await call(consumer, "disconnect");
  return values;
}

async function fenced(topic) {
  const create = async () => {
    const producer = new Kafka.Producer({ "bootstrap.servers": brokers, "transactional.id": name("fenced") });
    await call(producer, "connect", {});
    await call(producer, "initTransactions", 20_000);
    return producer;
  };
  const first = await create();
  await call(first, "beginTransaction");
  first.produce(topic, 0, Buffer.from("of the first"));
  const second = await create();
  show("fenced", await errorOf(() => call(first, "commitTransaction", 10_000)));
  await call(second, "disconnect");
  await call(first, "disconnect");
}
