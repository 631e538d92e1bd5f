import { expect, test } from "bun:test";
import { createProcessor } from "./processor.ts";
import type { Report } from "./report.ts";
import { createReporter } from "./reporter.ts";
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

const ALL = [orders(0), orders(1), outcomes(0), outcomes(1)];

/** One group, whose instances each have a processor and a reporter on the same committed offsets. */
function setUp() {
  const committed = createCommitted();
  const { log, lines } = recordingLog();
  const written: Report[] = [];
  const faults = { partitions: false, latest: false, file: false };
  const clock = { nowMs: NOW };
  const fail = (what: keyof typeof faults) => {
    if (faults[what]) throw new Error(`${what}: out of luck`);
  };
  function instance() {
    const nowMs = () => clock.nowMs;
    const processor = createProcessor({
      store: committed.store,
      log,
      nowMs,
    });
    const reporter = createReporter({
      processor,
      store: {
        async latest(partitions) {
          if (partitions.length > 0) fail("latest");
          return committed.store.latest(partitions);
        },
      },
      async partitions() {
        fail("partitions");
        return ALL;
      },
      file: {
        async write(report) {
          fail("file");
          written.push(report as Report);
        },
      },
      log,
      startedAtMs: NOW - 5_000,
      nowMs,
    });
    return { processor, reporter };
  }
  return { instance, written, lines, faults, clock, committed };
}

test("one instance reports what it counted, saved or not", async () => {
  const { instance, written } = setUp();
  const { processor, reporter } = instance();
  await processor.assigned(ALL);
  await processor.handle(batchOf(orders(0), 0, [placed(), placed(), placed(NOW - 90_000)]));
  await processor.handle(batchOf(outcomes(1), 0, [reserved, failed]));
  await reporter.report();
  expect(written).toEqual([
    {
      timestamp: "2026-01-01T12:00:00.000Z",
      orders_per_minute: 2,
      failure_rate_percent: 50,
      success_rate_percent: 50,
      total_orders: 3,
      failed_orders: 1,
      reserved_orders: 1,
      throughput_events_per_second: 0,
      elapsed_seconds: 5,
    },
  ]);
});

test("several instances add up, and the holder of order-events/0 writes; when it goes, the next holder does", async () => {
  const { instance, written } = setUp();
  const [one, other] = [instance(), instance()];
  await one.processor.assigned([orders(0), outcomes(0)]);
  await other.processor.assigned([orders(1), outcomes(1)]);
  await one.processor.handle(batchOf(orders(0), 0, [placed()]));
  await other.processor.handle(batchOf(orders(1), 0, [placed(), placed()]));
  await other.processor.handle(batchOf(outcomes(1), 0, [failed]));
  await other.processor.save();
  await one.processor.save();
  for (const { reporter } of [one, other])
    expect(await reporter.totals()).toMatchObject({ orders: 3, failed: 1, reserved: 0 });
  await Promise.all([one.reporter.report(), other.reporter.report()]);
  expect(written).toMatchObject([{ total_orders: 3, failed_orders: 1, orders_per_minute: 3 }]);

  await one.processor.save();
  one.processor.drop([orders(0)]);
  await other.processor.assigned([orders(0)]);
  await Promise.all([one.reporter.report(), other.reporter.report()]);
  expect(written.slice(1)).toMatchObject([{ total_orders: 3, failed_orders: 1 }]);
});

test("throughput is what all instances counted since the report before", async () => {
  const { instance, written, clock } = setUp();
  const [one, other] = [instance(), instance()];
  await one.processor.assigned([orders(0), outcomes(0)]);
  await other.processor.assigned([orders(1), outcomes(1)]);
  await one.processor.handle(batchOf(orders(0), 0, [placed()]));
  await one.reporter.report();

  clock.nowMs += 10_000;
  await one.processor.handle(
    batchOf(
      orders(0),
      1,
      Array.from({ length: 30 }, () => placed()),
    ),
  );
  await other.processor.handle(
    batchOf(
      orders(1),
      0,
      Array.from({ length: 20 }, () => placed()),
    ),
  );
  await other.processor.save();
  await one.reporter.report();

  clock.nowMs += 10_000;
  await one.processor.handle(batchOf(orders(0), 5, [placed()])); // rewound: what was counted is gone
  await one.reporter.report();

  clock.nowMs += 3_600_000;
  await one.processor.handle(batchOf(orders(0), 6, [placed()]));
  one.reporter.begin();
  await one.reporter.report();
  expect(written.map((report) => report.throughput_events_per_second)).toEqual([0, 5, 0, 0]);
  expect(written.map((report) => report.total_orders)).toEqual([1, 51, 21, 22]);
});

test("partitions that can't be listed are those last known; before that, nothing is written", async () => {
  const { instance, written, faults, lines } = setUp();
  const { processor, reporter } = instance();
  await processor.assigned(ALL);
  faults.partitions = true;
  await reporter.report();
  expect(written).toEqual([]);
  expect(lines[0]).toContain("the metrics file is not written this time: partitions: out of luck");
  faults.partitions = false;
  await reporter.report();
  faults.partitions = true;
  await reporter.report();
  expect(written).toHaveLength(2);
});

test.each(["latest", "file"] as const)(
  "a fault of the %s is said, and the next report is written",
  async (what) => {
    const { instance, written, faults, lines } = setUp();
    const { processor, reporter } = instance();
    await processor.assigned([orders(0)]);
    faults[what] = true;
    await reporter.report();
    expect(lines[0]).toContain(`${what}: out of luck`);
    faults[what] = false;
    await reporter.report();
    expect(written).toHaveLength(1);
  },
);

test("a partition that comes in while others' counts are loaded is counted once, as it is now", async () => {
  const { instance, written, committed } = setUp();
  const { processor, reporter } = instance();
  await processor.assigned([orders(0)]);
  const before = instance().processor;
  await before.assigned([orders(1)]);
  await before.handle(batchOf(orders(1), 0, [placed()]));
  await before.save();
  const report = reporter.report();
  await processor.assigned([orders(1)]);
  await processor.handle(batchOf(orders(1), 1, [placed()]));
  await report;
  await reporter.report();
  expect(written.at(-1)?.total_orders).toBe(2);
  expect(committed.offsetOf(orders(1))).toBe(1);
});
