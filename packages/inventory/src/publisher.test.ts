import { expect, test } from "bun:test";
import { INVENTORY_EVENTS } from "@campus/events";
import { BatchDelivery, BatchError, type KafkaError, type ProducerRecord } from "@campus/kafka";
import { createPublisher, type PublisherOptions } from "./publisher.ts";
import { kafkaError, recordingLog } from "./testing.ts";

const MSG_TIMED_OUT = -192;
const TOPIC_AUTHORIZATION_FAILED = 29;
const INVALID_ARG = -186;
const QUEUE_FULL = -184;

const records: readonly ProducerRecord[] = ["a", "b", "c", "d"].map((key) => ({ key, value: `of ${key}` }));

/** A producer whose sends fail as told, one answer a send: nothing, an error, or which keys fail. */
function producerOf(...answers: (KafkaError | Record<string, KafkaError>)[]) {
  const sent: string[] = [];
  const producer: PublisherOptions["producer"] = {
    async ready() {},
    async sendBatch(topic, batch) {
      expect(topic).toBe(INVENTORY_EVENTS);
      sent.push(batch.map(({ key }) => key).join(""));
      const answer = answers.shift() ?? {};
      if (answer instanceof Error) throw answer;
      const failures = batch.flatMap(({ key }, index) => {
        const error = answer[String(key)];
        return error ? [{ index, error }] : [];
      });
      if (failures.length > 0) throw new BatchError(failures, batch.length - failures.length);
      return new BatchDelivery(
        topic,
        new Int32Array(batch.length),
        new Float64Array(batch.length),
        new Float64Array(0),
      );
    },
  };
  return { producer, sent };
}

function publisherOf(producer: PublisherOptions["producer"], signal = new AbortController().signal) {
  const { log, lines } = recordingLog();
  const retries: number[] = [];
  const onRetry = () => retries.push(retries.length);
  const publisher = createPublisher({ producer, log, onRetry, firstPauseMs: 1 });
  const publish = () => publisher.publish(INVENTORY_EVENTS, records, signal);
  return { publish, lines, retries };
}

test("records go out as they are, in one send", async () => {
  const { producer, sent } = producerOf();
  const { publish, retries } = publisherOf(producer);
  await publish();
  expect([sent, retries]).toEqual([["abcd"], []]);
});

test("only what failed is sent again, until nothing is left, and each failure is said", async () => {
  const timedOut = kafkaError(MSG_TIMED_OUT);
  const { producer, sent } = producerOf(
    { b: timedOut, d: timedOut },
    { d: kafkaError(TOPIC_AUTHORIZATION_FAILED) },
  );
  const { publish, lines, retries } = publisherOf(producer);
  await publish();
  expect(sent).toEqual(["abcd", "bd", "d"]);
  expect(retries).toHaveLength(2);
  expect(lines[0]).toContain("2 records are not in inventory-events, trying again in 1 ms");
  expect(lines[1]).toContain("1 records are not in inventory-events, trying again in 2 ms");
});

test("a full queue is waited for", async () => {
  const { producer, sent } = producerOf(kafkaError(QUEUE_FULL));
  await publisherOf(producer).publish();
  expect(sent).toEqual(["abcd", "abcd"]);
});

test.each([
  ["a fatal state", kafkaError(MSG_TIMED_OUT, { fatal: true })],
  ["a fatal state of some records", { c: kafkaError(MSG_TIMED_OUT, { fatal: true }) }],
  ["a malformed record", kafkaError(INVALID_ARG)],
])("%s is not tried again", async (_, answer) => {
  const { producer, sent } = producerOf(answer);
  await expect(publisherOf(producer).publish()).rejects.toThrow("out of luck");
  expect(sent).toHaveLength(1);
});

test("ending gives up what is not acknowledged, while it is on its way too", async () => {
  const ending = new AbortController();
  const reason = new Error("ending");
  const producer: PublisherOptions["producer"] = {
    async ready() {},
    sendBatch() {
      setImmediate(() => ending.abort(reason));
      return new Promise(() => {});
    },
  };
  await expect(publisherOf(producer, ending.signal).publish()).rejects.toBe(reason);
});
