/** The node-rdkafka-shaped admin client: each method, and one made from a producer. */
"use strict";

const { Kafka, brokers, call, errorOf, main, name, show, sortedBy, until } = require("./support.cjs");

main(async () => {
  const topic = name("admin");
  const group = name("admin-group");
  const events = [];
  const admin = Kafka.AdminClient.create(
    { "bootstrap.servers": brokers, "client.id": "program" },
    { ready: (info) => events.push(["ready", info]) },
  );
  show("ready", events, admin.isConnected());
  await topics(admin, topic);
  const producer = new Kafka.Producer({ "bootstrap.servers": brokers });
  await call(producer, "connect", {});
  for (let i = 0; i < 6; i++)
    producer.produce(topic, i % 2, Buffer.from(`value ${i}`), null, 1_700_000_000_000 + i);
  await call(producer, "flush", 10_000);
  await records(admin, topic);
  await groups(admin, topic, group);

  const dependent = Kafka.AdminClient.createFrom(producer);
  show("of a producer", (await call(dependent, "listTopics")).includes(topic));
  dependent.disconnect();
  show("its producer", producer.isConnected());
  show("delete", await errorOf(() => call(dependent, "deleteTopic", topic, 10_000)));
  await until("the topic is gone", async () => !(await call(admin, "listTopics")).includes(topic));
  show("delete what is gone", await errorOf(() => call(admin, "deleteTopic", topic, 10_000)));
  await call(producer, "disconnect");
  admin.disconnect();
  show("after disconnect", await errorOf(() => call(admin, "listTopics")));
});

async function topics(admin, topic) {
  const description = {
    topic,
    num_partitions: 1,
    replication_factor: 1,
    config: { "retention.ms": "600000" },
  };
  show("create", await errorOf(() => call(admin, "createTopic", description, 10_000)));
  show("create again", await errorOf(() => call(admin, "createTopic", description, 10_000)));
  show(
    "create a bad one",
    await errorOf(() => call(admin, "createTopic", { ...description, topic: "a b" }, 10_000)),
  );
  show(
    "create with bad settings",
    await errorOf(() =>
      call(admin, "createTopic", { ...description, topic: name("bad"), config: { "no.such": "1" } }, 10_000),
    ),
  );
  show(
    "a setting that is no string",
    await errorOf(() =>
      call(admin, "createTopic", { ...description, config: { "retention.ms": 1 } }, 10_000),
    ),
  );
  show(
    "without partitions",
    await errorOf(() => call(admin, "createTopic", { ...description, num_partitions: -2 }, 10_000)),
  );
  show("more partitions", await errorOf(() => call(admin, "createPartitions", topic, 2, 10_000)));
  show("fewer partitions", await errorOf(() => call(admin, "createPartitions", topic, 1, 10_000)));
  await until("both partitions", async () => {
    const [described] = await call(admin, "describeTopics", [topic], {});
    return (
      described.partitions.length === 2 &&
      described.partitions.every(({ leader }) => leader && leader.id >= 0)
    );
  });
  const [described, unknown] = await call(admin, "describeTopics", [topic, name("none")], {
    includeAuthorizedOperations: true,
    timeout: 5_000,
  });
  show(
    "uuid",
    typeof described.topicId.mostSignificantBits,
    typeof described.topicId.base64,
    described.topicId.base64.length,
  );
  described.topicId = undefined;
  unknown.topicId = undefined;
  described.authorizedOperations.sort((a, b) => a - b);
  show("described", described);
  show("unknown", unknown);
  show("list", (await call(admin, "listTopics", { timeout: 5_000 })).includes(topic));
  show("described in no time", await errorOf(() => call(admin, "describeTopics", [topic], { timeout: 0 })));
}

async function records(admin, topic) {
  const at = (timestamp) =>
    [0, 1].map((partition) => ({ topic, partition, offset: new Kafka.OffsetSpec(timestamp) }));
  show("first", sortedBy(await call(admin, "listOffsets", at(-2), {}), "partition"));
  show("last", sortedBy(await call(admin, "listOffsets", at(-1), { isolationLevel: 1 }), "partition"));
  show("highest time", sortedBy(await call(admin, "listOffsets", at(-3), {}), "partition"));
  show("by time", sortedBy(await call(admin, "listOffsets", at(1_700_000_000_003), {}), "partition"));
  const deleted = await call(
    admin,
    "deleteRecords",
    [
      { topic, partition: 0, offset: 1 },
      { topic, partition: 1, offset: -1 },
    ],
    {},
  );
  show("deleted", sortedBy(deleted, "partition"));
  show("deleted too many", await call(admin, "deleteRecords", [{ topic, partition: 0, offset: 99 }], {}));
  show("nothing to delete", await errorOf(() => call(admin, "deleteRecords", [], {})));
}

async function groups(admin, topic, group) {
  const consumer = new Kafka.KafkaConsumer(
    { "bootstrap.servers": brokers, "group.id": group, "client.id": "member", "enable.auto.commit": false },
    { "auto.offset.reset": "earliest" },
  );
  await call(consumer, "connect", {});
  consumer.setDefaultConsumeTimeout(200);
  consumer.subscribe([topic]);
  await until("a record", async () => (await call(consumer, "consume", 1)).length === 1);
  consumer.commitSync([{ topic, partition: 0, offset: 2, metadata: "noted" }]);
  const listed = await call(admin, "listGroups", { matchConsumerGroupStates: [3], timeout: 5_000 });
  show(
    "listed",
    listed.groups.filter(({ groupId }) => groupId === group),
    listed.errors,
  );
  const typed = await call(admin, "listGroups", { matchConsumerGroupTypes: [2] });
  show(
    "listed by type",
    typed.groups.some(({ groupId }) => groupId === group),
  );
  const {
    groups: [described],
  } = await call(admin, "describeGroups", [group], { includeAuthorizedOperations: true });
  described.authorizedOperations.sort((a, b) => a - b);
  for (const member of described.members) {
    member.memberId = typeof member.memberId;
    member.clientHost = typeof member.clientHost;
    member.assignment.topicPartitions = sortedBy(member.assignment.topicPartitions, "partition");
  }
  show("described group", described);
  show("no such group", await call(admin, "describeGroups", [name("none")], {}));
  show("delete while used", await call(admin, "deleteGroups", [group], {}).catch((error) => error));
  const offsets = await call(admin, "listConsumerGroupOffsets", [{ groupId: group }], {});
  show("offsets", offsets);
  const some = [
    {
      groupId: group,
      partitions: [
        { topic, partition: 0 },
        { topic, partition: 1 },
      ],
    },
  ];
  show("some offsets", await call(admin, "listConsumerGroupOffsets", some, { requireStableOffsets: true }));
  await call(consumer, "disconnect");
  show("delete", await call(admin, "deleteGroups", [group], { timeout: 10_000 }));
  show("delete again", await call(admin, "deleteGroups", [group], { timeout: 10_000 }));
}
