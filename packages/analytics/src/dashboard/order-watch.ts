/**
 * Follows single orders from placed to decided, for whoever looks: the last ones by name, and how long all of them took. Pure and bounded: under
 * load it follows a part of the orders only, so that looking costs the same whatever comes.
 */
import type { Event } from "@campus/events";

/** An order as the page shows it. */
export interface WatchedOrder {
  readonly order_id: string;
  readonly item: string;
  readonly quantity: number;
  readonly state: "placed" | "reserved" | "failed";
  /** When it was placed, ISO-8601. */
  readonly placed: string;
  /** From then until its decision was read here; null before. */
  readonly tookMs: number | null;
}

/** From the order's own timestamp to the moment its decision was read, over the last minute. */
export interface Latency {
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
  /** Orders these are of. */
  readonly orders: number;
}

export interface OrderWatch {
  take(events: readonly Event[], nowMs: number): void;
  /** The newest first. */
  recent(): readonly WatchedOrder[];
  /** Null while nothing was decided. */
  latency(nowMs: number): Latency | null;
  /** Forgets everything: nobody looks any more. */
  clear(): void;
}

export interface OrderWatchOptions {
  /** Orders followed at once, and decisions kept for orders that are yet to be read. */
  readonly maxOrders?: number;
  /** Orders taken up within one second. */
  readonly maxPerSecond?: number;
  readonly shown?: number;
  readonly windowMs?: number;
}

interface Followed {
  readonly placedMs: number;
  readonly order: { -readonly [K in keyof WatchedOrder]: WatchedOrder[K] };
}

export function createOrderWatch({
  maxOrders = 2_000,
  maxPerSecond = 200,
  shown = 12,
  windowMs = 60_000,
}: OrderWatchOptions = {}): OrderWatch {
  const followed = new Map<string, Followed>();
  // Orders and decisions are two topics, so a decision may be read before its order is: when each was read, and which it was.
  const early = new Map<string, { readonly success: boolean; readonly atMs: number }>();
  const recent: Followed["order"][] = [];
  let took: { readonly atMs: number; readonly ms: number }[] = [];
  let second = { id: 0, taken: 0 };

  function follow(
    { order_id, timestamp, payload }: Extract<Event, { event_type: "OrderPlaced" }>,
    nowMs: number,
  ) {
    const id = Math.floor(nowMs / 1000);
    if (id !== second.id) second = { id, taken: 0 };
    if (second.taken++ >= maxPerSecond || followed.has(order_id)) return;
    // The oldest is given up: its decision may never come, or lie in a partition that another instance reads.
    makeRoom(followed);
    const { item, quantity } = payload;
    const order: Followed["order"] = {
      order_id,
      item,
      quantity,
      state: "placed",
      placed: timestamp,
      tookMs: null,
    };
    followed.set(order_id, { placedMs: Date.parse(timestamp), order });
    recent.unshift(order);
    if (recent.length > shown) recent.pop();
    const decision = early.get(order_id);
    if (decision !== undefined) settle(order_id, decision.success, decision.atMs);
  }

  function settle(order_id: string, success: boolean, atMs: number) {
    const of = followed.get(order_id);
    if (of === undefined) {
      // No order is taken up any more in this second, so there is none to keep it for: under load this costs nothing.
      if (second.taken >= maxPerSecond && second.id === Math.floor(atMs / 1000)) return;
      makeRoom(early);
      early.set(order_id, { success, atMs });
      return;
    }
    // It stays among those followed: the same order sent again is none to wait for.
    if (of.order.tookMs !== null) return;
    of.order.state = success ? "reserved" : "failed";
    of.order.tookMs = Math.max(0, atMs - of.placedMs);
    took.push({ atMs, ms: of.order.tookMs });
  }

  function makeRoom(orders: Map<string, unknown>) {
    if (orders.size >= maxOrders) orders.delete(orders.keys().next().value!);
  }

  return {
    take(events, nowMs) {
      for (const event of events) {
        if (event.event_type === "OrderPlaced") follow(event, nowMs);
        else settle(event.order_id, event.success, nowMs);
      }
    },
    recent: () => recent,
    latency(nowMs) {
      took = took.filter(({ atMs }) => nowMs - atMs < windowMs);
      if (took.length === 0) return null;
      const sorted = took.map(({ ms }) => ms).sort((a, b) => a - b);
      const at = (share: number) =>
        sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]!;
      return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), orders: sorted.length };
    },
    clear() {
      followed.clear();
      early.clear();
      recent.length = 0;
      took = [];
    },
  };
}
