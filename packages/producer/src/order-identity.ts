/**
 * Where the id of an order with an idempotency key comes from. It is a UUID of version 8 (RFC 9562) in two halves: the
 * first says which key, the second which order. So every instance, now or after a restart, gives a retry the id of the
 * first attempt, and needs nothing shared to do so; and a key that is used for another order by mistake never gives
 * that order the id of the first, which would pass for a duplicate further on and never be decided.
 */
import type { OrderRequest } from "@campus/events";

/** Whose key it is, the key, and the place of the order in its request: 0 for a single one. */
export interface OrderKey {
  /** Who asks: keys of different principals never meet. */
  principal: string;
  key: string;
  index: number;
}

/** The id of an order under a key: the same for the same arguments, on any instance. */
export function deriveOrderId({ principal, key, index }: OrderKey, order: OrderRequest): string {
  const ofKey = digest(["key", principal, key, index]);
  const ofOrder = digest(["order", order.user_id, order.item, order.quantity]);
  // 48 bits, the version, 12 bits; then the variant in the two highest bits of a digit, and the rest.
  const variant = (8 + (Number.parseInt(ofOrder[0] as string, 16) & 3)).toString(16);
  return (
    `${ofKey.slice(0, 8)}-${ofKey.slice(8, 12)}-8${ofKey.slice(12, 15)}-` +
    `${variant}${ofOrder.slice(1, 4)}-${ofOrder.slice(4, 16)}`
  );
}

/** What tells one request's content from another's: 256 bits over all orders in their order, and the kind of request. */
export function fingerprintOf(kind: "order" | "batch", orders: readonly OrderRequest[]): string {
  const fields = orders.flatMap(({ user_id, item, quantity }) => [user_id, item, quantity]);
  return digest([kind, ...fields]);
}

/** SHA-256 in hexadecimal digits. JSON keeps the borders between values that lie side by side. */
function digest(values: readonly (string | number)[]): string {
  return Bun.SHA256.hash(JSON.stringify(values), "hex");
}
