/** The orders in the body of a request, or the refusal it earns: the quick way where that is possible, else the long one. */
import type { OrderRequest } from "@campus/events";
import { refuseInvalid, refuseRepeatedField } from "./answers.ts";
import { parseBody } from "./request-body.ts";
import { type ScannedOrders, scanBatch, scanOrder } from "./scanned-orders.ts";
import { isOrder, isOrderBatch, ORDER_TEXTS, orderBatchFaults, orderFaults } from "./validation.ts";

/** Valid orders: where they stand in their JSON, or as values. */
export type RequestOrders = ScannedOrders | readonly OrderRequest[];

/** The order that a body is. @param scans whether the quick way may be tried */
export function readOrder(bytes: Uint8Array, scans: boolean): RequestOrders | Response {
  const scanned = scans ? scanOrder(bytes) : undefined;
  if (scanned !== undefined) return scanned;
  const body = parseBody(bytes);
  if (body instanceof Response) return body;
  const { value: order, texts } = body;
  if (!isOrder(order)) return refuseInvalid(orderFaults(order));
  return texts === ORDER_TEXTS ? [order] : refuseRepeatedField();
}

/** The orders of a batch. @param scans whether the quick way may be tried */
export function readBatch(bytes: Uint8Array, scans: boolean): RequestOrders | Response {
  const scanned = scans ? scanBatch(bytes) : undefined;
  if (scanned !== undefined) return scanned;
  const body = parseBody(bytes);
  if (body instanceof Response) return body;
  const { value: batch, texts } = body;
  if (!isOrderBatch(batch)) return refuseInvalid(orderBatchFaults(batch));
  // The name of the list is one more.
  return texts === 1 + ORDER_TEXTS * batch.orders.length ? batch.orders : refuseRepeatedField();
}

export function areScanned(orders: RequestOrders): orders is ScannedOrders {
  return "marks" in orders;
}
