import { describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { createOrderTracker, type OnOrderEvent, type OrderTrackerOptions } from "./order-tracker.ts";

setDefaultTimeout(30_000);

function setUp(options: Partial<OrderTrackerOptions> = {}) {
  const errors: unknown[] = [];
  const state = { opened: 0, closed: 0, end: (_: unknown) => {}, tell: (() => {}) as OnOrderEvent };
  /** What lies in the streams when they are opened. */
  const history: Parameters<OnOrderEvent>[] = [];
  const tracker = createOrderTracker({
    async open(onEvent, onEnd) {
      state.opened += 1;
      state.tell = onEvent;
      state.end = onEnd;
      for (const event of history) onEvent(...event);
      return {
        async close() {
          state.closed += 1;
        },
      };
    },
    maxOrders: 100,
    graceMs: 20,
    openingMs: 0,
    onError: (error) => errors.push(error),
    ...options,
  });
  return { tracker, state, history, errors };
}

test("the streams are opened with the first question, and what they hold is answered", async () => {
  const { tracker, state, history } = setUp();
  history.push(["a", "placed", 1000], ["b", "placed", 1001], ["b", "reserved", 1002], ["c", "failed", 1003]);
  expect(state.opened).toBe(0);
  expect(await tracker.find("a", 0)).toEqual({ state: "placed", timestampMs: 1000 });
  expect(await tracker.find("b", 0)).toEqual({ state: "reserved", timestampMs: 1002 });
  expect(await tracker.find("c", 60_000)).toEqual({ state: "failed", timestampMs: 1003 });
  expect(await tracker.find("d", 0)).toBeUndefined();
  expect(state.opened).toBe(1);
  await tracker.close();
  expect(state.closed).toBe(1);
});

test("an order's own event that is read after the decision changes nothing", async () => {
  const { tracker, history } = setUp();
  history.push(["a", "reserved", 1002], ["a", "placed", 1000]);
  expect(await tracker.find("a", 0)).toEqual({ state: "reserved", timestampMs: 1002 });
  await tracker.close();
});

describe("waiting", () => {
  test("ends with the decision", async () => {
    const { tracker, state, history } = setUp();
    history.push(["a", "placed", 1]);
    expect(await tracker.find("a", 0)).toMatchObject({ state: "placed" });
    const found = [tracker.find("a", 60_000), tracker.find("a", 60_000)];
    const other = tracker.find("b", 60_000);
    await Promise.resolve();
    state.tell("a", "reserved", 2);
    expect(await Promise.all(found)).toEqual(Array(2).fill({ state: "reserved", timestampMs: 2 }));
    state.tell("b", "placed", 3);
    state.tell("b", "failed", 4);
    expect(await other).toMatchObject({ state: "failed" });
    await tracker.close();
  });

  test("ends with the time, and gives what is known", async () => {
    const { tracker, history } = setUp();
    history.push(["a", "placed", 1]);
    const from = performance.now();
    expect(await tracker.find("a", 50)).toMatchObject({ state: "placed" });
    expect(performance.now() - from).toBeGreaterThanOrEqual(49);
    await tracker.close();
  });

  test("for an order that is not known yet goes on for a grace, also without being asked for", async () => {
    const { tracker, state } = setUp({ graceMs: 60_000 });
    const found = tracker.find("a", 0);
    while (state.opened === 0) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    state.tell("a", "placed", 1);
    expect(await found).toMatchObject({ state: "placed" });
    await tracker.close();
  });

  test("has a bound", async () => {
    const { tracker, state, history } = setUp({ maxWaiting: 2, graceMs: 60_000 });
    history.push(["known", "placed", 1]);
    const waiting = [tracker.find("a", 60_000), tracker.find("b", 60_000)];
    await new Promise((resolve) => setImmediate(resolve));
    expect(await tracker.find("c", 60_000)).toBe("busy");
    expect(await tracker.find("known", 60_000)).toMatchObject({ state: "placed" });
    state.tell("a", "failed", 1);
    expect(await waiting[0]).toMatchObject({ state: "failed" });
    const next = tracker.find("c", 60_000);
    await new Promise((resolve) => setImmediate(resolve));
    state.tell("c", "failed", 1);
    state.tell("b", "failed", 1);
    expect(await next).toMatchObject({ state: "failed" });
    await Promise.all(waiting);
    await tracker.close();
  });
});

describe("the streams", () => {
  test("are closed after a quiet while, forget everything, and are opened anew", async () => {
    const { tracker, state, history } = setUp({ idleMs: 20 });
    history.push(["a", "placed", 1]);
    await tracker.find("a", 0);
    const deadline = performance.now() + 10_000;
    while (state.closed === 0 && performance.now() < deadline) await Bun.sleep(5);
    expect(state.closed).toBe(1);
    history.length = 0;
    expect(await tracker.find("a", 0)).toBeUndefined();
    expect(state.opened).toBe(2);
    await tracker.close();
  });

  test("that can't be opened are the question's error, and tried again with the next", async () => {
    let isBroken = true;
    const { tracker } = setUp({
      async open(onEvent) {
        if (isBroken) throw new Error("no broker");
        onEvent("a", "placed", 1);
        return { close: async () => {} };
      },
    });
    const error = await tracker.find("a", 0).catch((error) => error);
    expect(error.message).toBe("no broker");
    isBroken = false;
    expect(await tracker.find("a", 0)).toMatchObject({ state: "placed" });
    await tracker.close();
  });

  test("that end by themselves are told, wake who waits, and are opened anew", async () => {
    const { tracker, state, history, errors } = setUp();
    history.push(["a", "placed", 1]);
    const waiting = tracker.find("a", 60_000);
    await new Promise((resolve) => setImmediate(resolve));
    const failure = new Error("fetch failed");
    state.end(failure);
    expect(await waiting).toMatchObject({ state: "placed" });
    expect(errors).toEqual([failure]);
    expect(await tracker.find("a", 0)).toMatchObject({ state: "placed" });
    expect(state.opened).toBe(2);
    await tracker.close();
  });
});

test("memory is bounded, the latest orders are kept, and none of them wrong", () => {
  const event = fc.record({
    id: fc.integer({ min: 0, max: 30 }),
    state: fc.constantFrom("placed", "reserved", "failed"),
  });
  return fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 100 }), async (events) => {
      const { tracker, history } = setUp({ maxOrders: 5, graceMs: 0 });
      events.forEach(({ id, state }, at) => {
        history.push([`order ${id}`, state as "placed", 1_700_000_000_000 + at]);
      });
      const recent = [...new Set(events.map(({ id }) => id).reverse())];
      let known = 0;
      for (const id of new Set(events.map(({ id }) => id))) {
        const found = await tracker.find(`order ${id}`, 0);
        if (found === undefined || found === "busy") continue;
        known += 1;
        const own = history.filter(([each]) => each === `order ${id}`);
        expect(own).toContainEqual([`order ${id}`, found.state, found.timestampMs]);
      }
      expect(known).toBeLessThanOrEqual(5);
      if (recent.length <= 5) expect(known).toBe(recent.length);
      await tracker.close();
    }),
    { numRuns: 200 },
  );
});
