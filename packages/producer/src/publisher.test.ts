import { describe, expect, test } from "bun:test";
import { decodeEvent, type OrderPlaced } from "@campus/events";
import {
  type BatchDelivery,
  BatchError,
  type Delivery,
  KafkaError,
  type ProducerRecord,
} from "@campus/kafka";
import { createOrderPlacer } from "./order.ts";
import { createPublisher, type PublisherOptions } from "./publisher.ts";

const placeOrder = createOrderPlacer();
const newEvent = (): OrderPlaced => placeOrder({ user_id: "user123", item: "Burger", quantity: 2 });

const ERRORS = {
  timedOut: new KafkaError({ code: -192, operation: "produce", message: "timed out" }),
  unknown: new KafkaError({
    code: -192,
    operation: "produce",
    message: "timed out",
    possiblyPersisted: true,
  }),
  queueFull: new KafkaError({ code: -184, operation: "produce", message: "queue full" }),
};

function setUp(options: Partial<PublisherOptions> = {}) {
  const sent: [string, ProducerRecord][] = [];
  const failures: [KafkaError, number][] = [];
  const kafka = { answer: Promise.resolve() as Promise<unknown> };
  const publisher = createPublisher({
    producer: {
      send(topic, record) {
        sent.push([topic, record]);
        return kafka.answer as Promise<Delivery>;
      },
      sendBatch(topic, records) {
        for (const record of records) sent.push([topic, record]);
        return kafka.answer as Promise<BatchDelivery>;
      },
    },
    topic: "order-events",
    codec: "json",
    maxInFlight: 5,
    onFailure: (error, orders) => failures.push([error, orders]),
    ...options,
  });
  const answerWith = (error: unknown) => {
    kafka.answer = Promise.reject(error);
    kafka.answer.catch(() => {});
  };
  return { publisher, sent, failures, kafka, answerWith };
}

describe("one order", () => {
  test("is sent under its id, and acknowledged when Kafka has it", async () => {
    const { publisher, sent } = setUp();
    const event = newEvent();
    expect(await publisher.publish(event)).toBe("acknowledged");
    const [topic, { key, value }] = sent[0] ?? ["", { value: null }];
    expect([topic, key]).toEqual(["order-events", event.order_id]);
    expect(decodeEvent(Buffer.from(value as string))).toEqual(event);
    expect(publisher.counts).toEqual({ acknowledged: 1, failed: 0, unknown: 0, full: 0 });
  });

  test("carries headers where there are some", async () => {
    const { publisher, sent } = setUp();
    const headers = { traceparent: "00-1-2-00" };
    await publisher.publish(newEvent(), headers);
    await publisher.publishBatch([newEvent(), newEvent()], headers);
    await publisher.publish(newEvent());
    expect(sent.map(([, record]) => record.headers)).toEqual([headers, headers, headers, undefined]);
    expect(sent.at(-1)?.[1]).not.toHaveProperty("headers");
  });

  test("can be written in MessagePack", async () => {
    const { publisher, sent } = setUp({ codec: "msgpack" });
    const event = newEvent();
    await publisher.publish(event);
    expect(decodeEvent(sent[0]?.[1].value as Uint8Array)).toEqual(event);
  });

  test.each([
    ["failed", ERRORS.timedOut, 1],
    ["unknown", ERRORS.unknown, 1],
    ["full", ERRORS.queueFull, 0],
  ] as const)("is %s when Kafka's client says so", async (outcome, error, told) => {
    const { publisher, failures, answerWith } = setUp();
    answerWith(error);
    expect(await publisher.publish(newEvent())).toBe(outcome);
    expect(publisher.counts[outcome]).toBe(1);
    expect(failures).toHaveLength(told);
    expect(publisher.inFlight).toBe(0);
  });

  test("a mistake of this program is not an outcome", async () => {
    const { publisher, answerWith } = setUp();
    answerWith(new TypeError("undefined is not a function"));
    await expect(publisher.publish(newEvent())).rejects.toThrow(TypeError);
    expect(publisher.inFlight).toBe(0);
  });
});

describe("a batch", () => {
  const events = [newEvent(), newEvent(), newEvent()];

  test("is acknowledged as a whole", async () => {
    const { publisher, sent } = setUp();
    expect(await publisher.publishBatch(events)).toBe("acknowledged");
    expect(sent.map(([, { key }]) => key)).toEqual(events.map(({ order_id }) => order_id));
    expect(publisher.counts.acknowledged).toBe(3);
  });

  test("that failed in part has an outcome for each order", async () => {
    const { publisher, failures, answerWith } = setUp();
    const error = new BatchError(
      [
        { index: 0, error: ERRORS.timedOut },
        { index: 2, error: ERRORS.unknown },
      ],
      1,
    );
    answerWith(error);
    expect(await publisher.publishBatch(events)).toEqual(["failed", "acknowledged", "unknown"]);
    expect(publisher.counts).toEqual({ acknowledged: 1, failed: 1, unknown: 1, full: 0 });
    expect(failures).toEqual([[error, 3]]);
  });

  test("of events that write themselves is sent as they are, with headers where there are some", async () => {
    const { publisher, sent, answerWith } = setUp();
    const value = { maxBytes: 0, writeTo: () => 0 };
    const written = [
      { key: "a", value },
      { key: "b", value },
    ];
    const headers = { traceparent: "00-1-2-00" };
    expect(await publisher.publishBatch(written)).toBe("acknowledged");
    expect(await publisher.publishBatch(written, headers)).toBe("acknowledged");
    answerWith(ERRORS.timedOut);
    expect(await publisher.publishBatch(written)).toBe("failed");
    expect(publisher.counts).toEqual({ acknowledged: 4, failed: 2, unknown: 0, full: 0 });
    const records = sent.map(([, record]) => record);
    expect(records.slice(0, 4)).toEqual([...written, ...written.map((event) => ({ ...event, headers }))]);
  });

  test("that was refused whole has one outcome", async () => {
    const { publisher, answerWith } = setUp();
    answerWith(ERRORS.queueFull);
    expect(await publisher.publishBatch(events)).toBe("full");
    answerWith(ERRORS.timedOut);
    expect(await publisher.publishBatch(events)).toBe("failed");
    expect(publisher.counts).toEqual({ acknowledged: 0, failed: 3, unknown: 0, full: 3 });
  });
});

describe("the bound", () => {
  test("is in orders; past it nothing is sent, and there is room again after the answers", async () => {
    const { publisher, sent, kafka } = setUp();
    const { promise, resolve } = Promise.withResolvers<void>();
    kafka.answer = promise;
    const batch = publisher.publishBatch([newEvent(), newEvent(), newEvent(), newEvent()]);
    const single = publisher.publish(newEvent());
    expect(publisher.inFlight).toBe(5);
    expect(await publisher.publish(newEvent())).toBe("full");
    expect(await publisher.publishBatch([newEvent()])).toBe("full");
    expect(sent).toHaveLength(5);
    resolve();
    expect(await Promise.all([batch, single])).toEqual(["acknowledged", "acknowledged"]);
    expect(await publisher.publish(newEvent())).toBe("acknowledged");
  });

  test("idle resolves when nothing is in flight", async () => {
    const { publisher, kafka } = setUp();
    await publisher.idle();
    const { promise, resolve } = Promise.withResolvers<void>();
    kafka.answer = promise;
    let isIdle = false;
    void publisher.publish(newEvent());
    const idle = publisher.idle().then(() => {
      isIdle = true;
    });
    await Promise.resolve();
    expect(isIdle).toBe(false);
    resolve();
    await idle;
    expect(publisher.inFlight).toBe(0);
  });
});
