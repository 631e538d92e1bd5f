import { expect, test } from "bun:test";
import fc from "fast-check";
import { reportOf } from "./report.ts";

const NOW = Date.UTC(2026, 0, 1, 12);
const context = { nowMs: NOW, startedAtMs: NOW - 12_345, eventsPerSecond: 1234.5678 };
const nothing = { orders: 0, reserved: 0, failed: 0, ordersPerMinute: 0, events: 0 };

test("a report has exactly the promised fields, in their order", () => {
  const totals = { orders: 12, reserved: 8, failed: 1, ordersPerMinute: 10, events: 21 };
  expect(JSON.stringify(reportOf(totals, context), null, 1)).toBe(`{
 "timestamp": "2026-01-01T12:00:00.000Z",
 "orders_per_minute": 10,
 "failure_rate_percent": 11.11,
 "success_rate_percent": 88.89,
 "total_orders": 12,
 "failed_orders": 1,
 "reserved_orders": 8,
 "throughput_events_per_second": 1234.57,
 "elapsed_seconds": 12.345
}`);
});

test("before the first decision both percentages are 0, and no figure is less", () => {
  const report = reportOf({ ...nothing, orders: 5 }, { ...context, startedAtMs: NOW + 1000 });
  expect(report).toMatchObject({ failure_rate_percent: 0, success_rate_percent: 0, elapsed_seconds: 0 });
});

test("after it they come to 100 and never contradict the counts", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), (reserved, failed) => {
      fc.pre(reserved + failed > 0);
      const { failure_rate_percent: failure, success_rate_percent: success } = reportOf(
        { ...nothing, reserved, failed },
        context,
      );
      expect(failure + success).toBeCloseTo(100, 9);
      expect(Math.abs(failure - (100 * failed) / (reserved + failed))).toBeLessThanOrEqual(0.005001);
      for (const percent of [failure, success]) {
        expect(percent).toBeWithin(0, 100.001);
        expect(String(percent)).toMatch(/^\d{1,3}(\.\d{1,2})?$/);
      }
    }),
  );
});
