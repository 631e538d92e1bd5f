import { expect, test } from "bun:test";
import { decodeEvent, type Event, encodeEvent } from "@campus/events";
import type { ProducerRecord } from "@campus/kafka";
import type { DeadLetter } from "@campus/service";
import fc from "fast-check";
import { createProcessor, type ProcessorOptions } from "./processor.ts";
import { isReserved } from "./reservation.ts";
import { batchOf, kafkaError, orderOf, recordingLog, recordOf, recordsOf } from "./testing.ts";

const ILLEGAL_GENERATION = 22;
const COORDINATOR_NOT_AVAILABLE = 15;
const UNKNOWN_MEMBER_ID = 25;
const REBALANCE_IN_PROGRESS = 27;

/** A processor and all it did, in the order in which it did it. */
function setUp(changes: Partial<ProcessorOptions> = {}) {
  const steps: string[] = [];
  const published: ProducerRecord[] = [];
  const letters: DeadLetter[] = [];
  const { log, lines } = recordingLog();
  const processor = createProcessor({
    publisher: {
      async publish(records) {
        await Bun.sleep(0);
        published.push(...records);
        steps.push(`published ${records.length}`);
      },
    },
    deadLetters: {
      async add(added) {
        await Bun.sleep(0);
        letters.push(...added);
        steps.push(`set aside ${added.length}`);
      },
    },
    codec: "json",
    log,
    signal: new AbortController().signal,
    onDecided: ({ reserved, failed }) => steps.push(`decided ${reserved}+${failed}`),
    now: () => "2026-01-01T12:00:01.000Z",
    newId: () => "11111111-1111-4111-8111-111111111111",
    ...changes,
  });
  const commit = async () => void steps.push("committed");
  return { processor, steps, published, letters, lines, commit };
}

const decisionsIn = (records: readonly ProducerRecord[]) =>
  records.map(({ key, value }) => ({ key, event: decodeEvent(Buffer.from(value as string | Uint8Array)) }));

test("every order gets one outcome under its own key, in order, and then the commit", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uuid(), { minLength: 1, maxLength: 50 }), async (orderIds) => {
      const { processor, steps, published, commit } = setUp();
      await processor.handle(batchOf(recordsOf(orderIds.map(orderOf)), commit));
      const reserved = orderIds.filter(isReserved).length;
      expect(steps).toEqual([
        `decided ${reserved}+${orderIds.length - reserved}`,
        `published ${orderIds.length}`,
        "committed",
      ]);
      expect(decisionsIn(published)).toEqual(
        orderIds.map((order_id) => ({
          key: order_id,
          event: {
            event_id: "11111111-1111-4111-8111-111111111111",
            event_type: isReserved(order_id) ? "InventoryReserved" : "InventoryFailed",
            order_id,
            timestamp: "2026-01-01T12:00:01.000Z",
            success: isReserved(order_id),
          } as Event,
        })),
      );
    }),
    { numRuns: 20 },
  );
});

test("outcomes are written in the codec that is set, orders are read in either", async () => {
  const { processor, published, commit } = setUp({ codec: "msgpack" });
  const order = orderOf();
  const batch = [recordOf(encodeEvent(order, "json")), recordOf(encodeEvent(order, "msgpack"), 1)];
  await processor.handle(batchOf(batch, commit));
  expect(published.map(({ value }) => value instanceof Uint8Array)).toEqual([true, true]);
  expect(decisionsIn(published).map(({ key }) => key)).toEqual([order.order_id, order.order_id]);
});

test("what is no order is set aside whole, and the rest goes on", async () => {
  const { processor, steps, published, letters, commit } = setUp();
  const order = orderOf("00000000-0000-4000-8000-000000000012");
  const foreign = encodeEvent({
    event_id: order.event_id,
    event_type: "InventoryReserved",
    order_id: order.order_id,
    timestamp: order.timestamp,
    success: true,
  });
  const batch = [
    recordOf("{}", 7),
    recordOf(encodeEvent(order), 8),
    recordOf(null, 9),
    recordOf(foreign, 10),
  ];
  await processor.handle(batchOf(batch, commit));
  expect(steps).toEqual(["decided 0+1", "set aside 3", "published 1", "committed"]);
  expect(published).toHaveLength(1);
  expect(letters.map(({ offset, error, group }) => [offset, error, group])).toEqual([
    [7, "MalformedEventError", "inventory-group"],
    [9, "MalformedEventError", "inventory-group"],
    [10, "UnexpectedEventError", "inventory-group"],
  ]);
  expect(letters[0]).toMatchObject({ topic: "order-events", partition: 1, value: Buffer.from("{}") });
  expect(letters.map(({ reason }) => reason)).toMatchObject([
    expect.stringContaining("Not an event of this system: /event_type is none of"),
    expect.stringContaining("it has no value"),
    "InventoryReserved is no order",
  ]);
});

test("a batch of nothing but poison is committed", async () => {
  const { processor, steps, commit } = setUp();
  await processor.handle(batchOf([recordOf("x")], commit));
  expect(steps).toEqual(["decided 0+0", "set aside 1", "committed"]);
});

test("nothing is committed that was not published", async () => {
  const reason = new Error("ending");
  const { processor, steps, commit } = setUp({ publisher: { publish: () => Promise.reject(reason) } });
  await expect(processor.handle(batchOf(recordsOf([orderOf()]), commit))).rejects.toBe(reason);
  expect(steps).not.toContain("committed");
});

test("nothing is committed, and nothing published, when poison can't be set aside", async () => {
  const full = new Error("no space left on device");
  const { processor, steps, commit } = setUp({ deadLetters: { add: () => Promise.reject(full) } });
  await expect(processor.handle(batchOf([recordOf("x"), ...recordsOf([orderOf()])], commit))).rejects.toBe(
    full,
  );
  expect(steps.filter((step) => !step.startsWith("decided"))).toEqual([]);
});

test("a commit that can still succeed is tried again", async () => {
  const { processor } = setUp();
  let commits = 0;
  const commit = async () => {
    if (commits++ < 2) throw kafkaError(COORDINATOR_NOT_AVAILABLE);
  };
  await processor.handle(batchOf(recordsOf([orderOf()]), commit));
  expect(commits).toBe(3);
});

test("a commit refused by a rebalance is tried again, for a while", async () => {
  const refused = { times: 0 };
  const untilThird = async () => {
    if (refused.times++ < 2)
      throw kafkaError(refused.times === 1 ? REBALANCE_IN_PROGRESS : ILLEGAL_GENERATION);
  };
  await setUp().processor.handle(batchOf(recordsOf([orderOf()]), untilThird));
  expect(refused.times).toBe(3);
  const { processor, lines } = setUp({ rebalancePatienceMs: 150 });
  await processor.handle(
    batchOf(recordsOf([orderOf()]), () => Promise.reject(kafkaError(REBALANCE_IN_PROGRESS))),
  );
  expect(lines[0]).toContain("is not committed");
});

test("a commit the group no longer takes is said and left to the next owner; a fatal one is not", async () => {
  const { processor, lines } = setUp();
  const orders = recordsOf([orderOf()]);
  await processor.handle(batchOf(orders, () => Promise.reject(kafkaError(UNKNOWN_MEMBER_ID))));
  expect(lines[0]).toContain("order-events/1 is not committed, its next owner decides the batch again");
  const fatal = processor.handle(batchOf(orders, () => Promise.reject(kafkaError(1, { fatal: true }))));
  await expect(fatal).rejects.toThrow("out of luck");
});

test("a batch of one partition is decided while another's outcomes are on their way", async () => {
  const acknowledged = Promise.withResolvers<void>();
  const { processor, steps, commit } = setUp({ publisher: { publish: () => acknowledged.promise } });
  const both = [0, 1].map(() => processor.handle(batchOf(recordsOf([orderOf()]), commit)));
  expect(steps.filter((step) => step.startsWith("decided"))).toHaveLength(2);
  expect(steps).not.toContain("committed");
  acknowledged.resolve();
  await Promise.all(both);
  expect(steps.filter((step) => step === "committed")).toHaveLength(2);
});
