/** The addon's interface as the client's JavaScript finds it: names, constants, and what it says to arguments that are wrong. */
import { expect, test } from "bun:test";
import { liveHandles } from "@campus/kafka/native";
import { nativeModule as addon } from "./native-module.ts";

const methods = {
  Producer:
    "abortTransaction beginTransaction commitTransaction configureCallbacks connect disconnect flush getMetadata initTransactions poll produce " +
    "queryWatermarkOffsets sendOffsetsToTransaction setOAuthBearerToken setOAuthBearerTokenFailure setPartitioner setPollInBackground setSaslCredentials",
  KafkaConsumer:
    "assign assignmentLost assignments commit commitCb commitSync committed configureCallbacks connect consume consumeLoop disconnect getMetadata " +
    "getWatermarkOffsets incrementalAssign incrementalUnassign offsetsForTimes offsetsStore offsetsStoreSingle pause position queryWatermarkOffsets " +
    "rebalanceProtocol resume seek setOAuthBearerToken setOAuthBearerTokenFailure setSaslCredentials subscribe subscription unassign unsubscribe",
  AdminClient:
    "configureCallbacks connect createPartitions createTopic deleteGroups deleteRecords deleteTopic describeGroups describeTopics disconnect getMetadata " +
    "listConsumerGroupOffsets listGroups listOffsets name setOAuthBearerToken setOAuthBearerTokenFailure setSaslCredentials",
  Topic: "name",
} as const;

test.each(Object.entries(methods))("%s has each method of the addon's", (name, list) => {
  const { prototype } = addon[name as keyof typeof methods];
  for (const method of list.split(" ")) expect(typeof (prototype as never)[method]).toBe("function");
});

test("version, features, words for codes, constants", () => {
  expect(addon.librdkafkaVersion).toMatch(/^\d+\.\d+\.\d+/);
  expect(addon.features().split(",")).toContain("snappy");
  expect(addon.err2str(-172)).toBe("Local: Erroneous state");
  expect(addon.topic["RdKafka::Topic::OFFSET_STORED"]).toBe(-1000);
});

test("a constructor wants its configurations", () => {
  const before = liveHandles();
  const constructors = addon as unknown as Record<string, new (...args: unknown[]) => unknown>;
  const make =
    (name: string, ...args: unknown[]) =>
    () =>
      new constructors[name]!(...args);
  expect(make("Producer", {})).toThrow("You must supply global and topic configuration");
  expect(make("Producer", null, {})).toThrow("Global configuration data must be specified");
  expect(make("KafkaConsumer", { "group.id": "g" })).toThrow(
    "You must supply global and topic configuration",
  );
  expect(make("KafkaConsumer", {}, { foo: "bar" })).toThrow('No such configuration property: "foo"');
  expect(make("Topic")).toThrow("topic name is required");
  expect(make("Topic", 1)).toThrow("Topic name must be a string");
  expect(make("AdminClient", {}, null, {})).toThrow("Third argument");
  // Functions are for configureCallbacks.
  make("KafkaConsumer", { event_cb: () => undefined }, { partitioner_cb: () => undefined })();
  expect(new addon.Topic("name", {}).name()).toBe("name");
  expect(liveHandles()).toEqual(before);
});

test("a client that is not connected answers with codes and errors, never a crash", () => {
  const producer = new addon.Producer({}, {});
  const consumer = new addon.KafkaConsumer({ "group.id": "g" }, {});
  const state = -172;
  expect(producer.produce("t", null, Buffer.from("v"))).toBe(state);
  expect(() => producer.poll()).toThrow("Producer is disconnected");
  expect(() => producer.setPollInBackground(true)).toThrow("Client is disconnected");
  for (const answer of [
    consumer.subscribe(["t"]),
    consumer.subscription(),
    consumer.assignments(),
    consumer.position([]),
    consumer.pause([]),
    consumer.resume([]),
    consumer.offsetsStore([]),
    consumer.offsetsStoreSingle("t", 0, 1, -1),
    consumer.getWatermarkOffsets("t", 0),
  ])
    expect(answer).toBe(state);
  expect(consumer.unsubscribe()).toBe(0);
  expect(consumer.rebalanceProtocol()).toBe("NONE");
  expect(consumer.assignmentLost()).toBe(false);
  expect(() => consumer.assign([])).toThrow("Local: Erroneous state");
  expect(() => consumer.unassign()).toThrow("KafkaConsumer is disconnected");
  expect(() => consumer.commit(null)).toThrow("KafkaConsumer is disconnected");
  expect(() => consumer.commitSync(null)).toThrow("KafkaConsumer is disconnected");
  expect(() => consumer.consumeLoop(1, 1, () => undefined)).toThrow("Connect must be called before consume");
});

test("arguments that are wrong are said so", () => {
  const producer = new addon.Producer({}, {});
  const consumer = new addon.KafkaConsumer({ "group.id": "g" }, {});
  expect(() => producer.produce("t", 0, "text")).toThrow("Message must be a buffer or null");
  expect(() => producer.produce("t", 0, null, null, "now")).toThrow("Timestamp must be a number");
  for (const headers of [[{ key: 1 }], [{ key: null }], [{}]])
    expect(() => producer.produce("t", 0, null, null, null, "", headers)).toThrow(
      "Header value must be a string or buffer",
    );
  expect(() => producer.configureCallbacks(true, { global: { some_cb: () => undefined } })).toThrow(
    "Invalid callback type",
  );
  expect(() => producer.connect(null)).toThrow("Need to specify a callback");
  expect(() => consumer.assign([1])).toThrow("Must pass topic-partition objects");
  expect(() => consumer.assign("all")).toThrow("Need to specify an array of partitions");
  expect(() => consumer.seek({ topic: "t" }, 100, () => undefined)).toThrow(
    "Invalid topic partition provided",
  );
  expect(() => consumer.consume(100, 1, true, null)).toThrow("Need to specify a callback");
  expect(() => consumer.committed(null, 1, () => undefined)).toThrow("an array of topic partitions");
});
