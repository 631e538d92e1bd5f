import { describe, expect, test } from "bun:test";
import { KafkaError } from "@campus/kafka";
import { createRenewingProducer, type RenewableProducer } from "./renewing-producer.ts";

const outOfOrder = new KafkaError({ code: 45, operation: "producer", message: "out of order", fatal: true });
const purged = new KafkaError({
  code: -151,
  operation: "produce",
  message: "purged",
  possiblyPersisted: true,
});

interface Fake extends RenewableProducer {
  die: () => void;
  /** How long its close was given, once it was called. */
  closedWithin: number | undefined;
}

function setUp({ isReachable = true, calmMs = 60_000, pauseMs = 5 } = {}) {
  const made: Fake[] = [];
  const events: string[] = [];
  const madeAt: number[] = [];
  const state = { isReachable, now: 0 };
  let renewed = Promise.withResolvers<void>();
  const producer = createRenewingProducer({
    create(onFatal) {
      let inFlight: ((error: KafkaError) => void)[] = [];
      const fake: Fake = {
        closedWithin: undefined,
        die: () => onFatal(outOfOrder),
        send: () => new Promise((_, reject) => inFlight.push(reject)),
        sendBatch: () => new Promise((_, reject) => inFlight.push(reject)),
        async describeCluster() {
          if (!state.isReachable) throw new KafkaError({ code: -185, operation: "", message: "" });
          return { clusterId: "c", controller: null, brokers: [] };
        },
        async close({ timeoutMs = -1 } = {}) {
          fake.closedWithin ??= timeoutMs;
          for (const reject of inFlight) reject(purged);
          inFlight = [];
        },
      };
      made.push(fake);
      madeAt.push(performance.now());
      return fake;
    },
    onLost: (error) => events.push(`lost ${error.name}`),
    onRenewed() {
      events.push("renewed");
      renewed.resolve();
      renewed = Promise.withResolvers();
    },
    flushTimeoutMs: 1234,
    pauseMs,
    calmMs,
    now: () => state.now,
  });
  return { producer, made, madeAt, events, state, renewed: () => renewed.promise };
}

const record = { key: "k", value: "v" };

test("a fatal error: not ready, what is in flight is settled, another producer, ready again", async () => {
  const { producer, made, events, renewed } = setUp();
  expect(producer.isReady).toBe(true);
  const inFlight = producer.send("t", record).catch((error) => error);
  const batchInFlight = producer.sendBatch("t", [record]).catch((error) => error);
  const ready = renewed();
  made[0]?.die();
  expect(producer.isReady).toBe(false);
  const refused = [producer.send("t", record), producer.sendBatch("t", [record])].map((sent) =>
    sent.catch((error) => error),
  );
  expect(await Promise.all(refused)).toEqual([outOfOrder, outOfOrder]);
  expect(await inFlight).toBe(purged);
  expect(await batchInFlight).toBe(purged);
  await ready;
  expect(made).toHaveLength(2);
  expect(made[0]?.closedWithin).toBe(1234);
  expect([producer.isReady, producer.renewals]).toEqual([true, 1]);
  expect(events).toEqual(["lost OUT_OF_ORDER_SEQUENCE_NUMBER", "renewed"]);
  await producer.close();
});

test("the same error told twice, or told by a producer of before, renews once", async () => {
  const { producer, made, events, renewed } = setUp();
  const ready = renewed();
  made[0]?.die();
  made[0]?.die();
  await ready;
  made[0]?.die();
  expect(producer.isReady).toBe(true);
  expect(made).toHaveLength(2);
  expect(events).toEqual(["lost OUT_OF_ORDER_SEQUENCE_NUMBER", "renewed"]);
  await producer.close();
});

test("is ready only once the cluster answers the new producer", async () => {
  const { producer, made, state, renewed } = setUp({ isReachable: false });
  const ready = renewed();
  const isSecondMade = (async () => {
    while (made.length < 2) await new Promise((resolve) => setImmediate(resolve));
  })();
  made[0]?.die();
  await isSecondMade;
  expect(await made[1]?.describeCluster().catch(() => "not yet")).toBe("not yet");
  expect(producer.isReady).toBe(false);
  state.isReachable = true;
  await ready;
  expect(producer.isReady).toBe(true);
  await producer.close();
});

describe("the rate of renewals", () => {
  test("falls while every producer dies at once", async () => {
    const { producer, made, madeAt, renewed } = setUp({ pauseMs: 40 });
    for (let at = 0; at < 4; at++) {
      const ready = renewed();
      made.at(-1)?.die();
      await ready;
    }
    const pauses = madeAt.slice(1).map((at, index) => at - (madeAt[index] as number));
    expect(pauses[0]).toBeLessThan(40);
    // Timers may be a millisecond early.
    expect(pauses[1]).toBeGreaterThanOrEqual(39);
    expect(pauses[2]).toBeGreaterThanOrEqual(79);
    expect(pauses[3]).toBeGreaterThanOrEqual(159);
    await producer.close();
  });

  test("begins anew with a producer that lived for long", async () => {
    const { producer, made, madeAt, state, renewed } = setUp({ pauseMs: 60_000, calmMs: 100 });
    for (let at = 0; at < 3; at++) {
      state.now += 100;
      const ready = renewed();
      made.at(-1)?.die();
      await ready;
    }
    expect(madeAt).toHaveLength(4);
    await producer.close();
  });
});

test("closing ends a renewal, and none begins after", async () => {
  const { producer, made, events, renewed } = setUp({ pauseMs: 60_000 });
  const ready = renewed();
  made[0]?.die();
  await ready;
  made[1]?.die();
  await producer.close({ timeoutMs: 7 });
  expect(made).toHaveLength(2);
  made[1]?.die();
  expect(events).toHaveLength(3);
});
