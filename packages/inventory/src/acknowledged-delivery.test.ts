import { expect, test } from "bun:test";
import type { Consumer, ProducerRecord } from "@campus/kafka";
import { createAcknowledgedDelivery } from "./acknowledged-delivery.ts";
import type { Parcel } from "./parcel.ts";
import { kafkaError } from "./testing.ts";

const COORDINATOR_NOT_AVAILABLE = 15;
const ILLEGAL_GENERATION = 22;
const UNKNOWN_MEMBER_ID = 25;
const REBALANCE_IN_PROGRESS = 27;

const never = new AbortController().signal;
const partition = { topic: "order-events", partition: 1 };
const outcomes: ProducerRecord[] = [{ key: "a", value: "of a" }];
const letters = [{ key: Buffer.from("b"), value: null, headers: [] }];
const parcel: Parcel = {
  ...partition,
  firstOffset: 5,
  nextOffset: 9,
  records: 2,
  decisions: { outcomes, letters, reserved: 1, failed: 0, repeated: 0 },
};

/** A delivery and what it did, in order; each commit is refused with the next of these. */
function setUp({ refusals = [] as Error[], publish = async () => {}, rebalancePatienceMs = 5000 } = {}) {
  const steps: string[] = [];
  const consumer = {
    committed: async () => [{ ...partition, offset: 5 }],
    async commit([offset]: { offset: number }[]) {
      const refusal = refusals.shift();
      if (refusal) throw refusal;
      steps.push(`committed ${offset!.offset}`);
    },
  } as unknown as Consumer;
  const publisher = {
    async publish(topic: string, records: readonly ProducerRecord[]) {
      await publish();
      steps.push(`${records.length} to ${topic}`);
    },
  };
  const delivery = createAcknowledgedDelivery({ partition, consumer, publisher, rebalancePatienceMs });
  return { delivery, steps };
}

test("dead letters, decisions, and only then the offset", async () => {
  const { delivery, steps } = setUp();
  expect(await delivery.settle()).toBe(5);
  await delivery.deliver(parcel, never);
  expect(steps).toEqual(["1 to order-events.dlq", "1 to inventory-events", "committed 9"]);
});

test("what was not published is not committed", async () => {
  const { delivery, steps } = setUp({ publish: () => Promise.reject(new Error("ending")) });
  expect(await delivery.deliver(parcel, never).catch((error) => error.message)).toBe("ending");
  expect(steps).toEqual([]);
});

test("a commit that can still succeed is tried again, also across a rebalance", async () => {
  const codes = [COORDINATOR_NOT_AVAILABLE, REBALANCE_IN_PROGRESS, ILLEGAL_GENERATION];
  const { delivery, steps } = setUp({ refusals: codes.map((code) => kafkaError(code)) });
  await delivery.deliver(parcel, never);
  expect(steps.at(-1)).toBe("committed 9");
});

test.each([
  ["a member the group has dropped", [kafkaError(UNKNOWN_MEMBER_ID)], 5000],
  ["a fatal error", [kafkaError(COORDINATOR_NOT_AVAILABLE, { fatal: true })], 5000],
  ["a rebalance without end", Array.from({ length: 99 }, () => kafkaError(REBALANCE_IN_PROGRESS)), 150],
])("%s: the commit is given up and said", async (_, refusals, rebalancePatienceMs) => {
  const { delivery, steps } = setUp({ refusals, rebalancePatienceMs });
  const [first] = refusals;
  expect((await delivery.deliver(parcel, never).catch((error) => error)).name).toBe(first!.name);
  expect(steps).not.toContain("committed 9");
});
