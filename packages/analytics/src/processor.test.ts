import { expect, test } from "bun:test";
import fc from "fast-check";
import { totalsOf } from "./metrics.ts";
import { createProcessor, type ProcessorOptions } from "./processor.ts";
import {
  batchOf,
  createCommitted,
  failed,
  NOW,
  orders,
  outcomes,
  placed,
  recordingLog,
  reserved,
} from "./testing.ts";

function setUp(committed = createCommitted(), changes: Partial<ProcessorOptions> = {}) {
  const { log, lines } = recordingLog();
  const processor = createProcessor({
    store: committed.store,
    log,
    nowMs: () => NOW,
    retryMs: 1,
    ...changes,
  });
  const totals = () =>
    totalsOf(
      processor.checkpoints().map(({ counts }) => counts),
      NOW,
    );
  return { processor, committed, letters: committed.letters, lines, totals };
}

test("events of both topics are counted in the partitions that are held", async () => {
  const { processor, totals } = setUp();
  expect(await processor.assigned([orders(0), outcomes(0)])).toEqual([]);
  await processor.handle(batchOf(orders(0), 0, [placed(), placed()]));
  await processor.handle(batchOf(outcomes(0), 0, [reserved, failed]));
  expect(totals()).toEqual({ orders: 2, reserved: 1, failed: 1, ordersPerMinute: 2, events: 4 });
});

test("the next owner goes on where the last one saved, with what was counted up to there", async () => {
  const committed = createCommitted();
  const first = setUp(committed).processor;
  await first.assigned([orders(0)]);
  await first.handle(batchOf(orders(0), 0, [placed(), placed()]));
  await first.save();
  await first.handle(batchOf(orders(0), 2, [placed()]));

  const next = setUp(committed);
  expect(await next.processor.assigned([orders(0)])).toMatchObject([{ ...orders(0), offset: 2 }]);
  expect(next.totals()).toMatchObject({ orders: 2, ordersPerMinute: 2 });
  await next.processor.handle(batchOf(orders(0), 2, [placed()]));
  expect(next.totals().orders).toBe(3);
});

test("only what changed is saved, and what is counted during a save is in the next", async () => {
  const committed = createCommitted();
  const saves: number[] = [];
  const underWay = Promise.withResolvers<void>();
  const { processor } = setUp(committed, {
    store: {
      ...committed.store,
      async save(save) {
        saves.push(save.checkpoints.length);
        await committed.store.save(save);
        await underWay.promise;
      },
    },
  });
  await processor.assigned([orders(0), orders(1)]);
  await processor.save();
  expect(saves).toEqual([]);
  await processor.handle(batchOf(orders(0), 0, [placed()]));
  const both = [processor.save(), processor.save()];
  await Bun.sleep(0);
  await processor.handle(batchOf(orders(0), 1, [placed()]));
  expect([saves, committed.offsetOf(orders(0))]).toEqual([[1], 1]);
  underWay.resolve();
  await Promise.all(both);
  expect([saves, committed.offsetOf(orders(0))]).toEqual([[1, 1], 2]);
});

test("a save that fails loses nothing: the next one has it", async () => {
  const committed = createCommitted();
  let works = false;
  const { processor } = setUp(committed, {
    store: {
      ...committed.store,
      save: (save) => (works ? committed.store.save(save) : Promise.reject(new Error("no broker"))),
    },
  });
  await processor.assigned([orders(0)]);
  await processor.handle(batchOf(orders(0), 0, [placed()]));
  await expect(processor.save()).rejects.toThrow("no broker");
  works = true;
  await processor.save();
  expect(committed.offsetOf(orders(0))).toBe(1);
});

test("a partition rewound under way counts anew from there; gaps in offsets are no rewinding", async () => {
  const { processor, totals, lines } = setUp();
  await processor.assigned([orders(0)]);
  await processor.handle(batchOf(orders(0), 10, [placed(), placed()]));
  await processor.handle(batchOf(orders(0), 90, [placed()]));
  expect(totals().orders).toBe(3);
  await processor.handle(batchOf(orders(0), 11, [placed()]));
  expect(totals().orders).toBe(1);
  expect(lines).toEqual(["INFO    test order-events/0 was rewound to 11: counting anew from there"]);
});

test("poison, and events of the other topic, are set aside and not counted; the partition goes on", async () => {
  const setAside: number[] = [];
  const { processor, letters, totals, committed } = setUp(createCommitted(), {
    onSetAside: (kept) => void setAside.push(kept.length),
  });
  await processor.assigned([orders(0)]);
  await processor.handle(batchOf(orders(0), 0, ["poison", placed(), reserved]));
  expect(totals()).toMatchObject({ orders: 1, reserved: 0 });
  expect([committed.offsetOf(orders(0)), setAside]).toEqual([3, [2]]);
  expect(letters.map(({ record, group, attempts }) => [record.offset, group, attempts])).toEqual([
    [0, "analytics-group", 1],
    [2, "analytics-group", 1],
  ]);
  expect(letters.map(({ error }) => [error.name, error.message])).toEqual([
    ["MalformedEventError", expect.stringContaining("Not an event of this system")],
    ["UnexpectedEventError", "InventoryReserved belongs into inventory-events"],
  ]);
});

test("a batch with poison is done when that is kept together with its offset; what fails is tried again", async () => {
  const committed = createCommitted();
  const saves: number[] = [];
  const { processor, lines, totals } = setUp(committed, {
    store: {
      ...committed.store,
      async save(save) {
        saves.push(save.letters.length);
        if (saves.length < 3) throw new Error("no broker");
        await committed.store.save(save);
      },
    },
  });
  await processor.assigned([orders(0), orders(1)]);
  await processor.handle(batchOf(orders(1), 0, [placed()]));
  await processor.handle(batchOf(orders(0), 0, [placed(), "poison"]));
  expect(saves).toEqual([1, 1, 1]);
  expect(committed.letters.map(({ record }) => record.offset)).toEqual([1]);
  expect([committed.offsetOf(orders(0)), committed.offsetOf(orders(1)), totals().orders]).toEqual([2, 1, 2]);
  expect(lines[0]).toContain("order-events/0 waits until its dead letters are kept: no broker");
  await processor.handle(batchOf(orders(0), 2, ["poison"]));
  expect(committed.letters.map(({ record }) => record.offset)).toEqual([1, 2]);
});

test("poison of a partition that is given up before it is kept is its next owner's to set aside", async () => {
  const committed = createCommitted();
  let works = false;
  const changes: Partial<ProcessorOptions> = {
    store: {
      ...committed.store,
      save: (save) => (works ? committed.store.save(save) : Promise.reject(new Error("no broker"))),
    },
  };
  const { processor } = setUp(committed, changes);
  await processor.assigned([orders(0)]);
  const handled = processor.handle(batchOf(orders(0), 0, ["poison"]));
  processor.drop([orders(0)]);
  await handled;
  works = true;
  await processor.save();
  expect(committed.letters).toEqual([]);
  const next = setUp(committed, changes).processor;
  expect(await next.assigned([orders(0)])).toEqual([]);
  await next.handle(batchOf(orders(0), 0, ["poison"]));
  expect(committed.letters.map(({ record }) => record.offset)).toEqual([0]);
});

test("counts that the store does not hold as such are saved before any event comes", async () => {
  const committed = createCommitted();
  committed.reset(orders(0), 7);
  const { processor } = setUp(committed, {
    store: {
      ...committed.store,
      load: async (partitions) =>
        (await committed.store.load(partitions)).map((checkpoint) => ({ ...checkpoint, stale: true })),
      async save(save) {
        await committed.store.save(save);
        saved.push(save.checkpoints.map(({ offset }) => offset));
      },
    },
  });
  const saved: number[][] = [];
  await processor.assigned([orders(0), orders(1)]);
  await processor.save();
  await processor.save();
  expect(saved).toEqual([[7]]);
});

test("a save knows when a partition was given up since, also if it came back", async () => {
  const committed = createCommitted();
  const held: boolean[][] = [];
  const underWay = Promise.withResolvers<void>();
  const { processor } = setUp(committed, {
    store: {
      ...committed.store,
      async save({ checkpoints, holds }) {
        await underWay.promise;
        held.push(checkpoints.map(holds));
      },
    },
  });
  await processor.assigned([orders(0), orders(1)]);
  await processor.handle(batchOf(orders(0), 0, [placed()]));
  await processor.handle(batchOf(orders(1), 0, [placed()]));
  const saving = processor.save();
  await Bun.sleep(0);
  processor.drop([orders(0)]);
  await processor.assigned([orders(0)]);
  underWay.resolve();
  await saving;
  expect(held).toEqual([[false, true]]);
});

test("what lies behind the last event, and is none, is kept as read; of what is not held it is not", async () => {
  const { processor, committed, totals } = setUp();
  await processor.assigned([orders(0)]);
  await processor.handle(batchOf(orders(0), 0, [placed()]));
  processor.reached({ ...orders(0), offset: 3 });
  processor.reached({ ...orders(0), offset: 2 });
  processor.reached({ ...orders(1), offset: 9 });
  await processor.save();
  expect([committed.offsetOf(orders(0)), committed.offsetOf(orders(1))]).toEqual([3, -1]);
  await processor.handle(batchOf(orders(0), 3, [placed()]));
  expect(totals().orders).toBe(2);
});

test("how far is kept can be told, with what is in the way", async () => {
  const committed = createCommitted();
  const faults = { save: false, load: Promise.resolve() };
  const { processor } = setUp(committed, {
    store: {
      ...committed.store,
      async load(partitions) {
        await faults.load;
        return committed.store.load(partitions);
      },
      save: (save) => (faults.save ? Promise.reject(new Error("no broker")) : committed.store.save(save)),
    },
  });
  await processor.assigned([orders(0)]);
  await processor.handle(batchOf(orders(0), 0, [placed()]));
  const standing = () => processor.standing().map(({ offset, trouble }) => [offset, trouble]);
  expect(standing()).toEqual([[-1, undefined]]);
  await processor.save();
  await processor.handle(batchOf(orders(0), 1, [placed()]));
  expect(standing()).toEqual([[1, undefined]]);
  faults.save = true;
  await processor.save().catch(() => {});
  expect(standing()).toEqual([[1, "no broker"]]);
  faults.save = false;
  await processor.save();
  expect(standing()).toEqual([[2, undefined]]);

  const open = Promise.withResolvers<void>();
  faults.load = open.promise;
  const assigned = processor.assigned([orders(1)]);
  expect(standing()).toEqual([
    [2, undefined],
    [-1, "what it has counted so far is not known yet"],
  ]);
  open.resolve();
  await assigned;
  expect(standing()).toEqual([
    [2, undefined],
    [-1, undefined],
  ]);
});

test("a partition lost while its batch was in hand is neither counted nor saved", async () => {
  const { processor, committed, totals } = setUp();
  await processor.assigned([orders(0), orders(1)]);
  await processor.handle(batchOf(orders(0), 0, [placed()]));
  processor.drop([orders(0)]);
  await processor.handle(batchOf(orders(0), 1, [placed()]));
  await processor.save();
  expect([processor.holds(orders(0)), totals().orders, committed.offsetOf(orders(0))]).toEqual([
    false,
    0,
    -1,
  ]);
});

// What may happen to a partition's owner between two events.
type Step =
  | { readonly kind: "read"; readonly events: number }
  | { readonly kind: "save" | "crash" | "handover" }
  | { readonly kind: "reset"; readonly share: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("read" as const), events: fc.integer({ min: 1, max: 8 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom("save" as const, "crash" as const, "handover" as const) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("reset" as const),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
);

test("whatever is killed, handed over or reset, the counts are those of the log from the last reset on", async () => {
  const log = Array.from({ length: 200 }, (_, offset) => (offset % 7 === 3 ? "poison" : placed()));
  const ordersIn = (from: number, to: number) =>
    log.slice(from, to).filter((value) => value !== "poison").length;

  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const committed = createCommitted();
      let { processor, totals } = setUp(committed);
      let countedFrom = 0;
      let position = 0;
      const restart = async () => {
        ({ processor, totals } = setUp(committed));
        const [start] = await processor.assigned([orders(0)]);
        position = start?.offset ?? 0;
      };
      await restart();
      for (const step of steps) {
        if (step.kind === "read") {
          const values = log.slice(position, position + step.events);
          if (values.length === 0) continue;
          await processor.handle(batchOf(orders(0), position, values));
          position += values.length;
        } else if (step.kind === "save") {
          await processor.save();
        } else {
          if (step.kind === "handover") await processor.save();
          if (step.kind === "reset") {
            countedFrom = Math.floor(step.share * log.length);
            committed.reset(orders(0), countedFrom);
          }
          await restart();
        }
        expect(totals().orders).toBe(ordersIn(countedFrom, position));
      }
    }),
    { numRuns: 200 },
  );
});
