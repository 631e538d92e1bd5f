/** `GET /orders/:id`: what became of a recent order, now or once it is decided. */
import {
  describeOrder,
  refuseBusy,
  refuseOrderId,
  refuseStates,
  refuseUnknownOrder,
  refuseWait,
} from "./answers.ts";
import type { OrderTracker } from "./order-tracker.ts";
import type { Handler } from "./route.ts";

export const ORDER_STATE_PATH = "/orders/:id" as const;

/** The longest a client may wait for a decision, in milliseconds: an answer must come before the connection counts as idle. */
export const WAIT_MAX_MS = 5000;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface OrderStateRouteOptions {
  tracker: OrderTracker;
  /** Told why the event streams could not be read. */
  onUnreadable: (error: unknown, requestId: string) => void;
}

export function createOrderStateRoute({ tracker, onUnreadable }: OrderStateRouteOptions): Handler {
  return async ({ url }, { requestId }) => {
    const { pathname, searchParams } = new URL(url);
    const orderId = pathname.slice("/orders/".length).toLowerCase();
    if (!UUID.test(orderId)) return refuseOrderId();
    const waitMs = readWait(searchParams.get("wait"));
    if (waitMs === undefined || waitMs > WAIT_MAX_MS) return refuseWait(WAIT_MAX_MS);
    try {
      const order = await tracker.find(orderId, waitMs);
      if (order === "busy") return refuseBusy();
      return order === undefined ? refuseUnknownOrder() : describeOrder(orderId, order);
    } catch (error) {
      onUnreadable(error, requestId);
      return refuseStates();
    }
  };
}

/** `2s` or `500ms` in milliseconds; nothing is no wait. */
function readWait(text: string | null): number | undefined {
  if (text === null) return 0;
  const [, amount, unit] = /^(\d{1,5})(ms|s)$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (unit === "s" ? 1000 : 1);
}
