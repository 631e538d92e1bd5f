import { expect, test } from "bun:test";
import fc from "fast-check";
import { createDecider } from "./decider.ts";
import type { Delivery } from "./delivery.ts";
import { Lane, type LaneOptions } from "./lane.ts";
import { createOrderWindow } from "./order-window.ts";
import type { Parcel } from "./parcel.ts";
import { isReserved } from "./reservation.ts";
import { batchOf, kafkaError, orderOf, recordingLog, recordsOf } from "./testing.ts";

const partition = { topic: "order-events", partition: 1 };
const timedOut = () => kafkaError(-185, { retriable: true });

/** A partition's log and group, played by hand: `deliver` commits unless it is told to fail, before or after the fact. */
function setUp(options: Partial<LaneOptions> = {}) {
  const parcels: Parcel[] = [];
  const rewinds: number[] = [];
  const failures: unknown[] = [];
  const faults: ("before" | "after" | "none" | Error)[] = [];
  let committed = -1;
  let settles = 0;
  const { log, lines } = recordingLog();
  const gate = { promise: Promise.resolve() };
  const delivery: Delivery = {
    async settle() {
      settles++;
      return committed;
    },
    async deliver(parcel) {
      await gate.promise;
      const fault = faults.shift();
      if (fault instanceof Error) throw fault;
      if (fault === "before") throw timedOut();
      parcels.push(parcel);
      committed = parcel.nextOffset;
      if (fault === "after") throw timedOut();
    },
    async close() {},
  };
  const lane = new Lane({
    partition,
    delivery,
    decide: createDecider({ isReserved, codec: "json", maxAttempts: 1 }),
    window: createOrderWindow(1000),
    maxRecords: 10,
    log,
    rewind: ({ offset }) => rewinds.push(offset) > 0,
    onFailure: (error) => void failures.push(error),
    firstPauseMs: 1,
    ...options,
  });
  return { lane, parcels, rewinds, failures, faults, gate, lines, settles: () => settles };
}

const orders = (count: number, firstOffset = 0) =>
  batchOf(
    recordsOf(
      Array.from({ length: count }, () => orderOf()),
      firstOffset,
    ),
  );

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("not within 5 s");
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

test("what comes while a parcel is on its way goes out together, up to the bound", async () => {
  const { lane, parcels, gate } = setUp();
  const blocked = Promise.withResolvers<void>();
  gate.promise = blocked.promise;
  await lane.accept(orders(1));
  await lane.accept(orders(4, 1));
  let isAccepted = false;
  const waiting = lane.accept(orders(4, 5)).then(() => {
    isAccepted = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  // Eight wait: there is no room for another batch of that size.
  expect([isAccepted, parcels.length]).toEqual([false, 0]);
  blocked.resolve();
  await waiting;
  await lane.drain();
  expect(parcels.map(({ firstOffset, nextOffset, records }) => [firstOffset, nextOffset, records])).toEqual([
    [0, 1, 1],
    [1, 9, 8],
  ]);
  expect(lane.position).toBe(9);
});

test("a delivery that failed is read again from the committed offset, and what was decided since is forgotten", async () => {
  const { lane, parcels, rewinds, faults, lines } = setUp();
  faults.push("before");
  await lane.accept(orders(3, 5));
  const stale = lane.accept(orders(2, 8));
  await until(() => rewinds.length === 1);
  await stale;
  // Nothing was committed yet: back to where this lane began.
  expect(rewinds).toEqual([5]);
  expect(lane.trouble?.name).toBe("_TIMED_OUT");
  expect(parcels).toEqual([]);
  await lane.accept(orders(5, 5));
  await lane.drain();
  expect(parcels.map(({ firstOffset, nextOffset }) => [firstOffset, nextOffset])).toEqual([[5, 10]]);
  expect(lane.trouble).toBeNull();
  expect(lines[0]).toContain("order-events/1 is read again from the committed offset");
});

test("a delivery whose outcome was unknown and good is not done again", async () => {
  const { lane, parcels, rewinds, faults } = setUp();
  faults.push("after");
  await lane.accept(orders(3));
  await until(() => rewinds.length === 1);
  expect(rewinds).toEqual([3]);
  await lane.accept(orders(1, 3));
  await lane.drain();
  expect(parcels.map(({ firstOffset }) => firstOffset)).toEqual([0, 3]);
});

test("fenced, it waits to hear whether it has lost the partition before it takes it back", async () => {
  const { lane, faults, settles } = setUp({ fencedPauseMs: 60_000 });
  faults.push(kafkaError(-144, { fatal: true }));
  await lane.accept(orders(1));
  await until(() => lane.trouble?.name === "_FENCED");
  await lane.end(new Error("lost"));
  expect(settles()).toBe(0);
});

test("marks of transactions behind the last record are committed, too, and only once", async () => {
  const { lane, parcels } = setUp();
  await lane.accept(orders(3));
  lane.reach(3);
  lane.reach(4);
  lane.reach(4);
  await lane.drain();
  expect(lane.position).toBe(4);
  expect(parcels.reduce((sum, { records }) => sum + records, 0)).toBe(3);
});

test("settling is tried until Kafka answers", async () => {
  let attempts = 0;
  const { lane, lines } = setUp({
    delivery: {
      async settle() {
        if (++attempts < 3) throw timedOut();
        return 7;
      },
      deliver: async () => undefined,
      close: async () => undefined,
    },
  });
  expect(await lane.open()).toBe(7);
  expect(lines).toHaveLength(2);
});

test("what is not Kafka's fault ends the service, not the silence", async () => {
  const { lane, failures, faults } = setUp();
  const bug = new Error("a bug");
  faults.push(bug);
  await lane.accept(orders(1));
  await lane.drain();
  expect(failures).toEqual([bug]);
});

test("on its way out a partition is not read again after a failure", async () => {
  const { lane, rewinds, faults, gate } = setUp();
  const blocked = Promise.withResolvers<void>();
  gate.promise = blocked.promise;
  faults.push("before");
  await lane.accept(orders(1));
  const drained = lane.drain();
  blocked.resolve();
  await drained;
  expect(rewinds).toEqual([]);
});

test("a partition that can't be read again because it is being given back is left where the group stands", async () => {
  let refused = 0;
  const { lane, parcels, faults } = setUp({ rewind: () => ++refused < 0 });
  faults.push("before");
  await lane.accept(orders(3));
  await until(() => refused === 1);
  // The consumer has handed out all up to 3, and says so: none of it is decided.
  lane.reach(3);
  await lane.accept(orders(1, 3));
  await lane.drain();
  expect(parcels).toEqual([]);
});

test("draining, it delivers what it has decided and takes nothing more in hand", async () => {
  const { lane, parcels, gate } = setUp();
  const blocked = Promise.withResolvers<void>();
  gate.promise = blocked.promise;
  await lane.accept(orders(1));
  await lane.accept(orders(2, 1));
  const drained = lane.drain();
  await lane.accept(orders(4, 3));
  lane.reach(7);
  blocked.resolve();
  await drained;
  expect(parcels.map(({ nextOffset }) => nextOffset)).toEqual([1, 3]);
});

test("a lane that has ended takes nothing in hand, and lets go of whoever waits", async () => {
  const { lane, parcels, gate } = setUp();
  const blocked = Promise.withResolvers<void>();
  gate.promise = blocked.promise;
  await lane.accept(orders(1));
  const waiting = lane.accept(orders(6, 1));
  const ended = lane.end(new Error("lost"));
  await waiting;
  blocked.resolve();
  await ended;
  await lane.accept(orders(1, 7));
  expect(parcels.length).toBe(1);
});

test("whatever fails, before or after the fact, every record is delivered once and in order", async () => {
  const fault = fc.constantFrom("before" as const, "after" as const, "none" as const);
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 15 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.array(fault, { maxLength: 20 }), async (sizes, planned) => {
      const count = sizes.reduce((sum, size) => sum + size, 0);
      const log = recordsOf(Array.from({ length: count }, () => orderOf()));
      let position = 0;
      const { lane, parcels, faults } = setUp({
        rewind({ offset }) {
          position = offset;
          return true;
        },
      });
      faults.push(...planned);
      for (let turn = 0; lane.position < count; turn++) {
        if (turn > 10_000) throw new Error("it does not end");
        const batch = log.slice(position, position + sizes[turn % sizes.length]!);
        position += batch.length;
        if (batch.length > 0) await lane.accept(batchOf(batch));
        await new Promise((resolve) => setImmediate(resolve));
      }
      const delivered = parcels.flatMap(({ decisions }) => decisions.outcomes.map(({ key }) => key));
      const keys = log.map(({ value }) => JSON.parse(String(value)).order_id);
      expect(delivered).toEqual(keys);
    }),
    { numRuns: 50 },
  );
}, 30_000);
