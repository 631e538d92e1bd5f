/** What an order becomes: pure, but for where ids and the time come from. */
import type { OrderPlaced, OrderRequest } from "@campus/events";

/** Turns a request that was found valid into the event that says it was placed; without an id it gets a new one. */
export type PlaceOrder = (request: OrderRequest, orderId?: string) => OrderPlaced;

export interface OrderPlacerOptions {
  /** A new UUID each time. */
  newId?: () => string;
  /** Milliseconds since 1970. */
  now?: () => number;
}

export function createOrderPlacer({
  newId = crypto.randomUUID.bind(crypto),
  now = Date.now,
}: OrderPlacerOptions = {}): PlaceOrder {
  const timestamp = createTimestamps(now);
  return ({ user_id, item, quantity }, orderId) => ({
    event_id: newId(),
    event_type: "OrderPlaced",
    order_id: orderId ?? newId(),
    timestamp: timestamp(),
    payload: { user_id, item, quantity },
  });
}

/** The time in ISO 8601, written out once a millisecond: at full load many orders share one. */
export function createTimestamps(now: () => number = Date.now): () => string {
  let writtenAt = Number.NaN;
  let written = "";
  return () => {
    const current = now();
    if (current !== writtenAt) {
      writtenAt = current;
      written = new Date(current).toISOString();
    }
    return written;
  };
}
