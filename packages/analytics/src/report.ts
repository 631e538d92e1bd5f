/** The metrics file's content: what its readers were promised, field for field, and how each figure is worked out. */
import type { Totals } from "./metrics.ts";

/** `metrics_output.json`. The names and their order are the contract with whoever reads the file. */
export interface Report {
  /** When this was written, ISO-8601. */
  readonly timestamp: string;
  /** Orders whose own timestamp lies within the minute before `timestamp`. */
  readonly orders_per_minute: number;
  /** Of all decided orders (reserved and failed); 0 before the first decision. Two decimals. */
  readonly failure_rate_percent: number;
  /** The rest of 100; 0 before the first decision. */
  readonly success_rate_percent: number;
  readonly total_orders: number;
  readonly failed_orders: number;
  readonly reserved_orders: number;
  /** Events of both topics counted by all instances since the report before, by the second. Two decimals. */
  readonly throughput_events_per_second: number;
  /** Since the instance that writes this started. Milliseconds are kept. */
  readonly elapsed_seconds: number;
}

/** What a report is made of besides the totals. */
export interface ReportContext {
  readonly nowMs: number;
  readonly startedAtMs: number;
  readonly eventsPerSecond: number;
}

export function reportOf(totals: Totals, { nowMs, startedAtMs, eventsPerSecond }: ReportContext): Report {
  const decided = totals.reserved + totals.failed;
  const failure = decided === 0 ? 0 : rounded((100 * totals.failed) / decided, 2);
  return {
    timestamp: new Date(nowMs).toISOString(),
    orders_per_minute: totals.ordersPerMinute,
    failure_rate_percent: failure,
    // Not rounded by itself: the two always come to 100.
    success_rate_percent: decided === 0 ? 0 : rounded(100 - failure, 2),
    total_orders: totals.orders,
    failed_orders: totals.failed,
    reserved_orders: totals.reserved,
    throughput_events_per_second: rounded(eventsPerSecond, 2),
    elapsed_seconds: rounded(Math.max(0, nowMs - startedAtMs) / 1000, 3),
  };
}

function rounded(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}
