/** Groups of several members: partitions move with both protocols, a member that does not ask for records is put out, a static member comes back. */
"use strict";

const { Kafka, brokers, call, createTopics, main, name, show, sortedBy, until } = require("./support.cjs");

main(async () => {
  const topic = name("members");
  await createTopics({ [topic]: 4 });
  await moving(topic, "range");
  await moving(topic, "cooperative-sticky");
  await moving(topic, "the new protocol");
  await byOwnRules(topic);
  await putOut(topic);
});

/** Settings of a member: of the classic protocol, or of KIP-848, where the broker decides on times and partitions. */
const membership = (strategy) =>
  strategy === "the new protocol"
    ? { "group.protocol": "consumer" }
    : {
        "session.timeout.ms": 6_000,
        "heartbeat.interval.ms": 200,
        "partition.assignment.strategy": strategy,
      };

/** A member that asks for records until it is stopped, and tells what it was given. */
async function join(topic, group, settings = membership("range")) {
  const changes = [];
  const consumer = new Kafka.KafkaConsumer(
    {
      "bootstrap.servers": brokers,
      "group.id": group,
      "enable.auto.commit": false,
      rebalance_cb: true,
      ...settings,
    },
    { "auto.offset.reset": "earliest" },
  );
  consumer.on("rebalance", (error, partitions) => changes.push([error.code, partitions.length]));
  consumer.on("rebalance.error", (error) => changes.push(["rebalance.error", error]));
  await call(consumer, "connect", {});
  consumer.setDefaultConsumeTimeout(50);
  consumer.subscribe([topic]);
  let stopped = false;
  const errors = [];
  const asking = (async () => {
    while (!stopped) await call(consumer, "consume", 10).catch((error) => errors.push(error.code));
  })();
  const held = () => sortedBy(consumer.assignments(), "partition").map(({ partition }) => partition);
  return {
    consumer,
    changes,
    errors,
    held,
    async leave() {
      stopped = true;
      await asking;
      await call(consumer, "disconnect");
    },
  };
}

async function moving(topic, strategy) {
  const settings = membership(strategy);
  const first = await join(topic, name(strategy.replaceAll(" ", "-")), settings);
  await until("the first has all", () => first.held().length === 4);
  const second = await join(topic, name(strategy.replaceAll(" ", "-")), settings);
  await until("both have two", () => first.held().length === 2 && second.held().length === 2);
  show(strategy, first.consumer.rebalanceProtocol(), [...first.held(), ...second.held()].sort());
  await second.leave();
  await until("the first has all again", () => first.held().length === 4);
  // The new protocol's broker may take one step or two.
  const sums = ({ changes }) =>
    changes.reduce((sum, [code, count]) => sum + (code === -175 ? count : -count), 0);
  if (strategy === "the new protocol") show("held in the end", sums(first), sums(second));
  else show("changes", ...[first, second].map(({ changes }) => changes.filter(([, count]) => count > 0)));
  await first.leave();
  show("after leaving", first.changes.at(-1), first.errors);
}

async function byOwnRules(topic) {
  const seen = [];
  const member = await join(topic, name("own-rules"), {
    ...membership("range"),
    rebalance_cb(error, partitions) {
      seen.push([error.code, partitions.length, this instanceof Kafka.KafkaConsumer]);
      if (error.code === Kafka.CODES.ERRORS.ERR__ASSIGN_PARTITIONS)
        this.assign(partitions.filter(({ partition }) => partition < 3));
      else this.unassign();
    },
  });
  await until("three", () => member.held().length === 3);
  await member.leave();
  show("by own rules", seen);
}

async function putOut(topic) {
  const member = await join(topic, name("put-out"), {
    ...membership("range"),
    "max.poll.interval.ms": 6_000,
  });
  await until("all", () => member.held().length === 4);
  // Nothing else runs while this blocks: no record is asked for.
  const until6 = Date.now() + 7_500;
  while (Date.now() < until6) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  await until("it was put out", () => member.errors.length > 0);
  show("put out", member.errors);
  await until("it is back", () => member.changes.length >= 3 && member.held().length === 4);
  show("changes", member.changes);
  await member.leave();
}
