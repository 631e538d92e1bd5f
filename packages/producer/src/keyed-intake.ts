/**
 * Orders that come with an `Idempotency-Key`: however often a client sends the same request, each of its orders is
 * decided once. Two things make it so. The ids come from key and content (order-identity.ts), so what is published twice,
 * by another instance or after a restart, is one order for those who decide. And this instance remembers, within bounds
 * of number and time, what became of a key's request: it answers a repetition without publishing again, lets those
 * that come at once share one attempt, publishes only the missing part of a batch, and finds a key that is used for
 * something else.
 */
import type { OrderPlaced, OrderRequest } from "@campus/events";
import type { PlaceOrder } from "./order.ts";
import { deriveOrderId, fingerprintOf } from "./order-identity.ts";
import type { BatchOutcome, Outcome, Publisher, RecordHeaders } from "./publisher.ts";

/** A valid request with a key. */
export interface KeyedRequest {
  kind: "order" | "batch";
  /** Whose key it is. */
  principal: string;
  key: string;
  orders: readonly OrderRequest[];
  /** Of the records, if this request is the one that publishes. */
  headers?: RecordHeaders | undefined;
}

/** A request's orders, placed or on their way. */
export interface KeyedPlacement {
  readonly orderIds: readonly string[];
  /** When the last attempt was made, in ISO 8601. */
  readonly timestamp: string;
  /** What became of them, over all attempts this instance knows of. */
  readonly outcome: Promise<BatchOutcome>;
}

export interface KeyedIntake {
  /** Places the orders that are not placed yet; "reused" when the key belongs to another request. */
  place(request: KeyedRequest): KeyedPlacement | "reused";
  /** How many keys are remembered. */
  readonly size: number;
}

export interface KeyedIntakeOptions {
  publisher: Publisher;
  placeOrder: PlaceOrder;
  /** How long a key is remembered after its last attempt, in milliseconds. */
  windowMs: number;
  /** Most keys remembered; past it the oldest is forgotten. Those on their way come on top: the publisher bounds them. */
  maxKeys: number;
  /** Milliseconds on a clock that never goes back. */
  now?: () => number;
}

/** What is remembered of a request whose orders may be in Kafka. */
interface Entry {
  readonly fingerprint: string;
  readonly timestamp: string;
  readonly outcome: Outcome | readonly Outcome[];
  /** When that became known. */
  readonly settledAt: number;
}

export function createKeyedIntake({
  publisher,
  placeOrder,
  windowMs,
  maxKeys,
  now = () => performance.now(),
}: KeyedIntakeOptions): KeyedIntake {
  /** On their way, by key. */
  const open = new Map<string, { fingerprint: string; placement: KeyedPlacement }>();
  /** The rest, the one settled longest ago first. */
  const settled = new Map<string, Entry>();
  let settledWeight = 0;

  function remember(slot: string, entry: Entry): void {
    settled.set(slot, entry);
    settledWeight += weightOf(entry);
  }

  function forget(slot: string, entry: Entry): void {
    settled.delete(slot);
    settledWeight -= weightOf(entry);
  }

  function forgetOld(): void {
    const horizon = now() - windowMs;
    for (const [slot, entry] of settled) {
      if (settledWeight <= maxKeys && entry.settledAt > horizon) return;
      forget(slot, entry);
    }
  }

  /** Publishes what is missing of the request; `before` is what became of each of its orders until now. */
  function attempt(slot: string, fingerprint: string, request: KeyedRequest, before: readonly Outcome[]) {
    const { kind, orders, headers } = request;
    const orderIds = idsOf(request);
    const missing = [...orders.keys()].filter((index) => before[index] !== "acknowledged");
    const events = missing.map((index) => placeOrder(orders[index] as OrderRequest, orderIds[index]));
    const [first] = events as [OrderPlaced];
    const { timestamp } = first;

    async function publish(): Promise<BatchOutcome> {
      // Until the publisher says otherwise: were it to throw, nobody could tell.
      let latest: BatchOutcome = "unknown";
      try {
        latest = await (kind === "order"
          ? publisher.publish(first, headers)
          : publisher.publishBatch(events, headers));
      } finally {
        const outcome = merge(before, missing, latest);
        open.delete(slot);
        // Where nothing was published the key is free again, for a corrected request, too.
        if (outcome !== "failed") remember(slot, { fingerprint, timestamp, outcome, settledAt: now() });
        forgetOld();
      }
      const outcome = merge(before, missing, latest);
      return outcome === "failed" && latest === "full" ? "full" : outcome;
    }

    const placement = { orderIds, timestamp, outcome: publish() };
    open.set(slot, { fingerprint, placement });
    return placement;
  }

  return {
    get size() {
      return open.size + settled.size;
    },
    place(request) {
      forgetOld();
      const fingerprint = fingerprintOf(request.kind, request.orders);
      const slot = JSON.stringify([request.principal, request.key]);
      const current = open.get(slot);
      if (current !== undefined) return current.fingerprint === fingerprint ? current.placement : "reused";
      const known = settled.get(slot);
      if (known !== undefined && known.fingerprint !== fingerprint) return "reused";
      if (known?.outcome === "acknowledged") {
        const { timestamp, outcome } = known;
        return { orderIds: idsOf(request), timestamp, outcome: Promise.resolve(outcome) };
      }
      if (known !== undefined) forget(slot, known);
      const before = request.orders.map((_, index) => outcomeAt(known?.outcome ?? "failed", index));
      return attempt(slot, fingerprint, request, before);
    },
  };
}

/** How much of the bound an entry takes: one, or one an order where each has an outcome of its own. */
function weightOf({ outcome }: Entry): number {
  return typeof outcome === "string" ? 1 : outcome.length;
}

function idsOf({ principal, key, orders }: KeyedRequest): string[] {
  return orders.map((order, index) => deriveOrderId({ principal, key, index }, order));
}

function outcomeAt(outcome: Outcome | readonly Outcome[], index: number): Outcome {
  return typeof outcome === "string" ? outcome : (outcome[index] as Outcome);
}

/** What is known after another attempt. An order that may have been published before stays unknown when that one failed. */
function merge(
  before: readonly Outcome[],
  attempted: readonly number[],
  latest: BatchOutcome,
): Outcome | readonly Outcome[] {
  const outcomes = [...before];
  attempted.forEach((index, place) => {
    const outcome = latest === "full" ? "failed" : outcomeAt(latest, place);
    if (!(outcome === "failed" && outcomes[index] === "unknown")) outcomes[index] = outcome;
  });
  const first = outcomes[0] as Outcome;
  return outcomes.every((outcome) => outcome === first) ? first : outcomes;
}
