/** What can be wrong: settings, brokers that are not there, calls at the wrong time. And log lines, statistics, errors as events. */
"use strict";

const { Kafka, brokers, call, createTopics, errorOf, main, name, show, until } = require("./support.cjs");

const { Kafka: KafkaJS, logLevel } = Kafka.KafkaJS;

main(async () => {
  show(
    "codes",
    Object.keys(Kafka.CODES.ERRORS).length,
    typeof Kafka.librdkafkaVersion,
    Array.isArray(Kafka.features),
  );
  show(
    "topic",
    Kafka.Topic.PARTITION_UA,
    Kafka.Topic.OFFSET_BEGINNING,
    Kafka.Topic.OFFSET_END,
    Kafka.Topic.OFFSET_STORED,
    Kafka.Topic.OFFSET_INVALID,
  );
  await settings();
  await unreachable();
  await events();
});

async function settings() {
  const tries = {
    "no such setting": () => new Kafka.Producer({ "no.such.setting": 1 }),
    "no number": () => new Kafka.Producer({ "linger.ms": "soon" }),
    "out of range": () => new Kafka.Producer({ "linger.ms": -1 }),
    "no such choice": () => new Kafka.Producer({ "compression.codec": "none of these" }),
    undefined: () => new Kafka.Producer({ "linger.ms": undefined }),
    "no such topic setting": () => new Kafka.Producer({}, { "no.such.setting": 1 }),
    "consumer without a group": () =>
      call(new Kafka.KafkaConsumer({ "bootstrap.servers": brokers }), "connect", {}),
    "contradiction at connecting": () =>
      call(
        new Kafka.Producer({ "bootstrap.servers": brokers, "enable.idempotence": true, acks: 1 }),
        "connect",
        {},
      ),
    "contradiction of a consumer": () =>
      call(
        new Kafka.KafkaConsumer({
          "group.id": "g",
          "session.timeout.ms": 90_000,
          "max.poll.interval.ms": 1_000,
        }),
        "connect",
        {},
      ),
    "contradiction of an admin client": () =>
      Kafka.AdminClient.create({ "enable.idempotence": true, acks: 1 }),
    "a function that is no callback": () => call(new Kafka.Producer({ some_cb: () => {} }), "connect", {}),
  };
  for (const [what, work] of Object.entries(tries)) show(what, await errorOf(work));
}

/** Which of the two it is depends on when the first connection was refused. */
const unreached = ({ code, origin }) => [code === -195 || code === -185, origin];

async function unreachable() {
  const nowhere = { "bootstrap.servers": "127.0.0.1:1", "socket.timeout.ms": 1_000 };
  const producer = new Kafka.Producer(nowhere);
  const seen = new Set();
  producer.on("event.error", (error) => seen.add(`${error.message} ${error.code} ${error.origin}`));
  let failure = null;
  producer.on("connection.failure", (error) => {
    failure = error;
  });
  show("producer", unreached(await errorOf(() => call(producer, "connect", { timeout: 500 }))));
  show("connection.failure", unreached(failure), producer.isConnected());
  const consumer = new Kafka.KafkaConsumer({ ...nowhere, "group.id": name("nowhere") });
  show("consumer", unreached(await errorOf(() => call(consumer, "connect", { timeout: 500 }))));
  const admin = Kafka.AdminClient.create(nowhere);
  show("admin", unreached(await errorOf(() => call(admin, "listTopics", { timeout: 500 }))));
  show(
    "create topic",
    await errorOf(() =>
      call(admin, "createTopic", { topic: "t", num_partitions: 1, replication_factor: 1 }, 500),
    ),
  );
  admin.disconnect();

  const failing = new Kafka.Producer({
    "bootstrap.servers": brokers,
    "message.timeout.ms": 300,
    dr_cb: true,
  });
  const reports = [];
  failing.on("delivery-report", (error, report) => reports.push([error, report]));
  failing.setPollInterval(10);
  await call(failing, "connect", {});
  failing.produce("no such topic: a b", null, Buffer.from("x"), "k", undefined, "opaque");
  await until("the report", () => reports.length === 1);
  show("failed report", ...reports[0]);
  await call(failing, "disconnect");
}

async function events() {
  const topic = name("events");
  await createTopics({ [topic]: 1 });
  const producer = new Kafka.Producer({
    "bootstrap.servers": brokers,
    "statistics.interval.ms": 100,
    debug: "broker",
  });
  const stats = [];
  const logs = [];
  producer.on("event.stats", (one) => stats.push(one));
  producer.on("event.log", (one) => logs.push(one));
  producer.setPollInterval(20);
  await call(producer, "connect", { topic });
  await until("statistics and logs", () => stats.length > 0 && logs.length > 0);
  show("statistics", Object.keys(stats[0]), JSON.parse(stats[0].message).type);
  show("log", Object.keys(logs[0]), typeof logs[0].severity, logs.at(-1).name);
  await call(producer, "disconnect");

  const lines = [];
  const logger = { namespace: () => logger, setLogLevel: () => {} };
  for (const level of ["info", "error", "warn", "debug"])
    logger[level] = (message) => lines.push([level, message]);
  let statistics = 0;
  const kafka = new KafkaJS({ kafkaJS: { brokers: [brokers], logger, logLevel: logLevel.INFO } });
  const consumer = kafka.consumer({
    kafkaJS: { groupId: name("events"), fromBeginning: true },
    "statistics.interval.ms": 100,
    stats_cb: () => statistics++,
  });
  await consumer.connect();
  await consumer.subscribe({ topic });
  consumer.run({ eachMessage: async () => {} });
  await until("statistics of a consumer", () => statistics > 0);
  await consumer.disconnect();
  show(
    "logger",
    [...new Set(lines.map(([level, message]) => `${level} ${message}`))].filter((line) =>
      /onnected/.test(line),
    ),
  );
}
