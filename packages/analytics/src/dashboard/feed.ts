/**
 * What the page is told, once a second, by server-sent events: one text for all viewers. Without viewers only the history goes on, which is one look at counts
 * that are in memory; what has to be asked of Kafka, and following single orders, begins with the first viewer and ends with the last.
 */
import type { Event } from "@campus/events";
import type { Logger } from "@campus/service";
import type { Totals } from "../metrics.ts";
import { type Report, reportOf } from "../report.ts";
import type { ClusterState } from "./cluster-watch.ts";
import type { DeadLetterCount } from "./dead-letter-count.ts";
import { createHistory, type Point } from "./history.ts";
import { createOrderWatch, type Latency, type WatchedOrder } from "./order-watch.ts";

/** What changes from second to second. */
export interface Snapshot {
  readonly report: Report;
  readonly latency: Latency | null;
  readonly orders: readonly WatchedOrder[];
  /** Null until the cluster has answered. */
  readonly cluster: ClusterState | null;
  readonly deadLetters: Readonly<Record<string, number>> | null;
  /** Why some of it is not new. */
  readonly trouble: string | null;
  readonly point: Point;
}

export interface FeedOptions {
  readonly totals: () => Promise<Totals>;
  readonly readCluster: () => Promise<ClusterState>;
  readonly openDeadLetters: () => Promise<DeadLetterCount>;
  readonly log: Logger;
  readonly startedAtMs: number;
  readonly nowMs?: () => number;
  readonly tickMs?: number;
  /** Requests to Kafka are made as often. */
  readonly clusterEveryTicks?: number;
}

export interface Feed {
  /** Of the processor: what it has just counted. */
  counted(events: readonly Event[]): void;
  /** Gives texts of server-sent events to a viewer, the history first. Call what it returns when the viewer goes. */
  watch(viewer: (text: string) => void): () => void;
  readonly viewers: number;
  /** As the metrics file would say it now. */
  report(): Promise<Report>;
  close(): Promise<void>;
}

export function createFeed(options: FeedOptions): Feed {
  const { totals, log, startedAtMs, nowMs = Date.now, tickMs = 1_000, clusterEveryTicks = 2 } = options;
  const history = createHistory();
  const orders = createOrderWatch();
  const viewers = new Set<(text: string) => void>();
  let before: { readonly atMs: number; readonly totals: Totals } | undefined;
  let rates = { events: 0, orders: 0 };
  let cluster: ClusterState | null = null;
  let letters: DeadLetterCount | null = null;
  let opening: Promise<void> | undefined;
  let isAsking = false;
  let trouble: string | null = null;
  let ticks = 0;

  /** By the second, since the look before. Counts that went back (a replay) are no rate. */
  function rateOf(now: Totals, atMs: number): void {
    const seconds = before === undefined ? 0 : (atMs - before.atMs) / 1000;
    const since = (of: "events" | "orders") =>
      before === undefined || seconds <= 0 ? 0 : Math.max(0, now[of] - before.totals[of]) / seconds;
    rates = { events: since("events"), orders: since("orders") };
    before = { atMs, totals: now };
  }

  function pointOf(now: Totals, latency: Latency | null): Point {
    const decided = now.reserved + now.failed;
    const lagOf = (name: string) => cluster?.groups.find(({ group }) => group === name)?.lag ?? null;
    const one = (value: number) => Math.round(value * 10) / 10;
    return {
      ordersPerSecond: one(rates.orders),
      eventsPerSecond: one(rates.events),
      successPercent: decided === 0 ? null : one((100 * now.reserved) / decided),
      inventoryLag: viewers.size > 0 ? lagOf("inventory-group") : null,
      analyticsLag: viewers.size > 0 ? lagOf("analytics-group") : null,
      p50Ms: latency?.p50Ms ?? null,
      p99Ms: latency?.p99Ms ?? null,
    };
  }

  async function tick(): Promise<void> {
    const now = await totals();
    const atMs = nowMs();
    rateOf(now, atMs);
    const latency = orders.latency(atMs);
    const point = pointOf(now, latency);
    history.add(atMs, point);
    if (viewers.size === 0) return;
    if (ticks++ % clusterEveryTicks === 0) void ask();
    const snapshot: Snapshot = {
      report: reportOf(now, { nowMs: atMs, startedAtMs, eventsPerSecond: rates.events }),
      latency,
      orders: orders.recent(),
      cluster,
      deadLetters: letters?.counts ?? null,
      trouble,
      point,
    };
    tell("snapshot", snapshot);
  }

  /** One round of requests at a time: a cluster that is slow to answer is not asked more often. */
  async function ask(): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    try {
      cluster = await options.readCluster();
      trouble = null;
    } catch (error) {
      trouble = error instanceof Error ? error.message : String(error);
    } finally {
      isAsking = false;
    }
  }

  function tell(event: string, data: unknown): void {
    const text = textOf(event, data);
    for (const viewer of viewers) viewer(text);
  }

  function begin(): void {
    ticks = 0;
    opening = options
      .openDeadLetters()
      .then((opened) => {
        letters = opened;
      })
      .catch((error) => log.debug("dead letters can't be counted: {error}", { error }));
  }

  async function end(): Promise<void> {
    await opening;
    if (viewers.size > 0) return;
    const open = letters;
    [letters, cluster, trouble] = [null, null, null];
    orders.clear();
    await open?.close();
  }

  let isTicking = false;
  const timer = setInterval(() => {
    // One that waits for Kafka is not overtaken.
    if (isTicking) return;
    isTicking = true;
    void tick()
      .catch((error) => log.debug("the dashboard has nothing new: {error}", { error }))
      .finally(() => {
        isTicking = false;
      });
  }, tickMs);

  return {
    counted(events) {
      if (viewers.size > 0) orders.take(events, nowMs());
    },
    watch(viewer) {
      viewer(textOf("history", history.columns()));
      if (viewers.size === 0) begin();
      viewers.add(viewer);
      return () => {
        if (viewers.delete(viewer) && viewers.size === 0)
          void end().catch((error) => log.warn("the dashboard's reader did not close: {error}", { error }));
      };
    },
    get viewers() {
      return viewers.size;
    },
    async report() {
      return reportOf(await totals(), { nowMs: nowMs(), startedAtMs, eventsPerSecond: rates.events });
    },
    async close() {
      clearInterval(timer);
      viewers.clear();
      await end();
    },
  };
}

function textOf(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
