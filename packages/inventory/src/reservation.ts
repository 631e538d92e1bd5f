/**
 * The inventory's domain, pure: which orders get their stock, and the event that says so. No clock, no randomness
 * and no I/O of its own, so that a replay, another instance or another release decides every order the same.
 */
import { decisionOf, type InventoryEvent } from "@campus/events";

/** The share of orders whose stock can be reserved. */
export const RESERVED_SHARE = 0.9;

const HASH_RANGE = 2 ** 32;
const RESERVED_BELOW = Math.floor(RESERVED_SHARE * HASH_RANGE);

/**
 * Whether the stock of this order can be reserved: its id's xxHash32 (seed 0, over the id's UTF-8 bytes as they
 * stand, so letter case counts) lies in the lower 90 % of the 32-bit range. xxHash32 is a published algorithm with
 * published vectors, so the choice outlives any one runtime; `reservation.test.ts` holds the vectors and some ids.
 */
export function isReserved(orderId: string): boolean {
  return Bun.hash.xxHash32(orderId) < RESERVED_BELOW;
}

/**
 * Decides one order.
 * @param order_id the order's id, which is all that counts
 * @param now the moment of the decision, ISO-8601; the outcome does not depend on it
 * @param newId gives the event its id, a UUID
 */
export function decide(order_id: string, now: string, newId: () => string): InventoryEvent {
  return decisionOf(order_id, isReserved(order_id), now, newId());
}
