import { describe, expect, test } from "bun:test";
import type { OrderPlaced } from "@campus/events";
import fc from "fast-check";
import { createKeyedIntake, type KeyedPlacement, type KeyedRequest } from "./keyed-intake.ts";
import { createOrderPlacer } from "./order.ts";
import { deriveOrderId } from "./order-identity.ts";
import type { BatchOutcome, OrderEvent, Outcome, PublishOutcome } from "./publisher.ts";
import { placedBy } from "./testing.ts";

const order = { user_id: "user123", item: "Burger", quantity: 2 };
const fries = { ...order, item: "Fries" };
const single: KeyedRequest = { kind: "order", principal: "", key: "k", orders: [order] };
const batch: KeyedRequest = { kind: "batch", principal: "", key: "k", orders: [order, fries, order] };

function setUp({ windowMs = 1000, maxKeys = 10 } = {}) {
  const published: OrderPlaced[][] = [];
  const state = { now: 0, answers: [] as (BatchOutcome | Error | Promise<BatchOutcome>)[] };
  async function publish(events: readonly OrderEvent[]): Promise<BatchOutcome> {
    published.push(events.map(placedBy));
    const answer = await (state.answers.shift() ?? "acknowledged");
    if (answer instanceof Error) throw answer;
    return answer;
  }
  const intake = createKeyedIntake({
    publisher: {
      publish: (event) => publish([event]) as Promise<PublishOutcome>,
      publishBatch: publish,
    },
    placeOrder: createOrderPlacer(),
    windowMs,
    maxKeys,
    now: () => state.now,
  });
  async function place(request: KeyedRequest) {
    const placement = intake.place(request);
    return placement === "reused" ? placement : { ...placement, outcome: await placement.outcome };
  }
  return { intake, place, published, state };
}

describe("a repetition", () => {
  test("of what was acknowledged gets the same answer, and nothing is published again", async () => {
    for (const request of [single, batch]) {
      const { place, published } = setUp();
      const first = await place(request);
      expect(first).toMatchObject({ outcome: "acknowledged" });
      expect(await place(request)).toEqual(first);
      expect(published).toHaveLength(1);
    }
  });

  test("at the same time shares the first one's outcome, whatever it is", async () => {
    for (const outcome of ["acknowledged", "unknown", "failed", "full"] as const) {
      const { intake, published, state } = setUp();
      const { promise, resolve } = Promise.withResolvers<BatchOutcome>();
      state.answers = [promise];
      const placements = Array.from({ length: 10 }, () => intake.place(single) as KeyedPlacement);
      resolve(outcome);
      expect(await Promise.all(placements.map((placement) => placement.outcome))).toEqual(
        Array(10).fill(outcome),
      );
      expect(new Set(placements.flatMap(({ orderIds }) => orderIds)).size).toBe(1);
      expect(published).toHaveLength(1);
    }
  });

  test("of what is unknown is published again under the same id", async () => {
    const { place, published, state } = setUp();
    state.answers = ["unknown"];
    const first = await place(single);
    const second = await place(single);
    expect([first, second]).toMatchObject([{ outcome: "unknown" }, { outcome: "acknowledged" }]);
    expect(published).toHaveLength(2);
    expect(published[1]?.[0]?.order_id).toBe(published[0]?.[0]?.order_id as string);
    expect(published[1]?.[0]?.event_id).not.toBe(published[0]?.[0]?.event_id as string);
  });

  test("that fails where the first was unknown is still unknown: that one may be in Kafka", async () => {
    const { place, state } = setUp();
    state.answers = ["unknown", "failed", "full", "acknowledged", "failed"];
    for (const outcome of ["unknown", "unknown", "unknown", "acknowledged", "acknowledged"] as const) {
      expect(await place(single)).toMatchObject({ outcome });
    }
  });

  test("still shares it after another key was settled", async () => {
    const { intake, place, published, state } = setUp();
    const { promise, resolve } = Promise.withResolvers<BatchOutcome>();
    state.answers = [promise];
    const first = place(single);
    await place({ ...single, key: "other" });
    intake.place(single);
    expect(published).toHaveLength(2);
    resolve("acknowledged");
    await first;
  });

  test("of a batch publishes only what is not acknowledged yet", async () => {
    const { place, published, state } = setUp();
    state.answers = [["acknowledged", "unknown", "failed"], ["failed", "acknowledged"], "acknowledged"];
    const first = await place(batch);
    expect(first).toMatchObject({ outcome: ["acknowledged", "unknown", "failed"] });
    const second = await place(batch);
    expect(second).toMatchObject({ outcome: ["acknowledged", "unknown", "acknowledged"] });
    const third = await place(batch);
    expect(third).toMatchObject({ outcome: "acknowledged" });
    const [one, two, three] = first === "reused" ? [] : first.orderIds;
    expect(published.map((events) => events.map(({ order_id }) => order_id))).toEqual([
      [one, two, three],
      [two, three],
      [two],
    ] as string[][]);
    expect(second).toMatchObject({ orderIds: [one, two, three] });
  });

  test("on another instance has the same ids", async () => {
    for (const request of [single, batch]) {
      const first = await setUp().place(request);
      const second = await setUp().place(request);
      expect(first === "reused" || second === "reused" ? [] : first.orderIds).toEqual(
        second === "reused" ? ["?"] : [...second.orderIds],
      );
    }
  });

  test("two equal orders in one batch are two orders", async () => {
    const { place } = setUp();
    const placed = await place(batch);
    expect(placed === "reused" ? [] : placed.orderIds).toEqual(
      batch.orders.map((each, index) => deriveOrderId({ principal: "", key: "k", index }, each)),
    );
    expect(new Set(placed === "reused" ? [] : placed.orderIds).size).toBe(3);
  });

  test("after a mistake of this program is published again: nobody knows", async () => {
    const { intake, place, published, state } = setUp();
    const mistake = new TypeError("undefined is not a function");
    state.answers = [mistake, "failed"];
    const error = await (intake.place(single) as KeyedPlacement).outcome.catch((e) => e);
    expect(error).toBe(mistake);
    expect(await place(single)).toMatchObject({ outcome: "unknown" });
    expect(published).toHaveLength(2);
  });
});

describe("another request under the same key", () => {
  const others: KeyedRequest[] = [
    { ...single, orders: [{ ...order, quantity: 3 }] },
    { ...single, orders: [{ ...order, user_id: "user124" }] },
    { ...single, kind: "batch" },
    batch,
  ];

  test("is told so while the first is on its way, when it is acknowledged, and when it is unknown", async () => {
    for (const outcome of ["acknowledged", "unknown"] as const) {
      const { intake, place, published, state } = setUp();
      state.answers = [outcome];
      const placing = place(single);
      for (const other of others) expect(intake.place(other)).toBe("reused");
      await placing;
      for (const other of others) expect(intake.place(other)).toBe("reused");
      expect(published).toHaveLength(1);
      expect(await place(single)).toMatchObject({ outcome: "acknowledged" });
    }
  });

  test.each(["failed", "full"] as const)("may come where the first was %s", async (outcome) => {
    const { intake, place, state } = setUp();
    state.answers = [outcome];
    expect(await place(single)).toMatchObject({ outcome });
    expect(intake.size).toBe(0);
    expect(await place({ ...single, orders: [fries] })).toMatchObject({ outcome: "acknowledged" });
  });

  test("may come from another principal", async () => {
    const { place, published } = setUp();
    await place(single);
    expect(await place({ ...single, principal: "kiosk", orders: [fries] })).not.toBe("reused");
    expect(await place({ ...single, principal: "kiosk" })).toBe("reused");
    expect(published).toHaveLength(2);
  });
});

describe("the memory", () => {
  test("ends with the window, which begins with the last attempt", async () => {
    const { intake, place, published, state } = setUp({ windowMs: 1000 });
    await place(single);
    state.now = 999;
    await place(single);
    expect(published).toHaveLength(1);
    state.now = 1000;
    expect(await place({ ...single, orders: [fries] })).toMatchObject({ outcome: "acknowledged" });
    expect(published).toHaveLength(2);
    expect(intake.size).toBe(1);
  });

  test("holds the latest keys only", async () => {
    const { intake, place, published } = setUp({ maxKeys: 3 });
    for (const key of ["a", "b", "c", "d"]) await place({ ...single, key });
    expect(intake.size).toBe(3);
    for (const key of ["b", "c", "d"]) await place({ ...single, key });
    expect(published).toHaveLength(4);
    await place({ ...single, key: "a" });
    expect(published).toHaveLength(5);
  });

  test("counts a batch in part once an order", async () => {
    const { intake, place, state } = setUp({ maxKeys: 4 });
    state.answers = ["acknowledged", ["acknowledged", "unknown", "failed"], "acknowledged"];
    await place({ ...single, key: "a" });
    await place({ ...batch, key: "b" });
    expect(intake.size).toBe(2);
    await place({ ...single, key: "c" });
    expect(intake.size).toBe(2);
    expect(await place({ ...batch, key: "b" })).toMatchObject({ outcome: "acknowledged" });
    expect(intake.size).toBe(2);
  });

  test("never forgets what is on its way", async () => {
    const { intake, published, state } = setUp({ maxKeys: 1, windowMs: 1 });
    const { promise, resolve } = Promise.withResolvers<BatchOutcome>();
    state.answers = [promise, promise, promise];
    const placements = ["a", "b", "c"].map((key) => intake.place({ ...single, key }) as KeyedPlacement);
    state.now = 1_000_000;
    for (const key of ["a", "b", "c"]) intake.place({ ...single, key });
    expect(published).toHaveLength(3);
    resolve("acknowledged");
    await Promise.all(placements.map(({ outcome }) => outcome));
    expect(intake.size).toBe(1);
  });
});

test("whatever happens to the attempts: an acknowledged order is never published again, and no outcome lies", () => {
  const outcome = fc.constantFrom<Outcome>("acknowledged", "failed", "unknown");
  const answer = fc.oneof(
    fc.array(outcome, { minLength: 3, maxLength: 3 }),
    fc.constantFrom<PublishOutcome>("acknowledged", "failed", "unknown", "full"),
  );
  return fc.assert(
    fc.asyncProperty(fc.array(answer, { minLength: 1, maxLength: 8 }), async (answers) => {
      const isIn = new Map<string, "yes" | "maybe">();
      const queue = [...answers];
      const intake = createKeyedIntake({
        publisher: {
          publish: () => Promise.reject(new Error("not for batches")),
          async publishBatch(events) {
            const next = queue.shift() ?? "acknowledged";
            const outcomes = events.map((_, at) =>
              typeof next === "string" ? (next === "full" ? "failed" : next) : (next[at] as Outcome),
            );
            events.map(placedBy).forEach(({ order_id }, at) => {
              expect(isIn.get(order_id)).not.toBe("yes");
              if (outcomes[at] === "acknowledged") isIn.set(order_id, "yes");
              else if (outcomes[at] === "unknown") isIn.set(order_id, "maybe");
            });
            return next === "full" ? next : outcomes;
          },
        },
        placeOrder: createOrderPlacer(),
        windowMs: 1000,
        maxKeys: 10,
        now: () => 0,
      });
      for (let attempt = 0; attempt <= answers.length; attempt++) {
        const placement = intake.place(batch) as KeyedPlacement;
        const told = await placement.outcome;
        placement.orderIds.forEach((id, index) => {
          const each = told === "full" ? "failed" : typeof told === "string" ? told : told[index];
          const truth = { yes: "acknowledged", maybe: "unknown" } as const;
          expect(each).toBe(truth[isIn.get(id) as "yes" | "maybe"] ?? "failed");
        });
      }
      expect([...isIn.values()]).toEqual(Array(3).fill("yes"));
    }),
    { numRuns: 500 },
  );
});
