/**
 * The HTTP side: routes, and for each outcome its answer. It knows orders and a `Publisher`, neither sockets nor Kafka,
 * so tests call `app.handle`. Handlers read the request themselves and give a finished `Response`: of the framework's
 * ways that is the fastest, and none of its own error pages, which quote the input, can come of it.
 */
import { Elysia } from "elysia";
import {
  acceptBatch,
  acceptOrder,
  type ClosedReason,
  describeHealth,
  refuseBatch,
  refuseClosed,
  refuseInvalid,
  refuseOrder,
  refuseRoute,
} from "./answers.ts";
import type { KafkaHealth } from "./kafka-health.ts";
import { createTimestamps, type PlaceOrder } from "./order.ts";
import { problem } from "./problem.ts";
import type { Publisher } from "./publisher.ts";
import { readJson } from "./request-body.ts";
import { isOrder, isOrderBatch, orderBatchFaults, orderFaults } from "./validation.ts";

/** Most bytes in the body of one order. */
export const ORDER_MAX_BYTES = 64 * 1024;
/** Most bytes in the body of a batch. */
export const BATCH_MAX_BYTES = 1024 * 1024;

export interface HttpOptions {
  publisher: Publisher;
  kafkaHealth: KafkaHealth;
  placeOrder: PlaceOrder;
  /** Why no orders are taken just now, or undefined when they are. */
  closedBecause: () => ClosedReason | undefined;
  /** Told of an error that is this program's own mistake. */
  onError: (error: unknown) => void;
}

export function createHttp({ publisher, kafkaHealth, placeOrder, closedBecause, onError }: HttpOptions) {
  const timestamp = createTimestamps();

  async function postOrder(request: Request): Promise<Response> {
    const body = await readJson(request, ORDER_MAX_BYTES);
    if (body instanceof Response) return body;
    if (!isOrder(body)) return refuseInvalid(orderFaults(body));
    const closed = closedBecause();
    if (closed !== undefined) return refuseClosed(closed);
    const event = placeOrder(body);
    const outcome = await publisher.publish(event);
    return outcome === "acknowledged" ? acceptOrder(event) : refuseOrder(event, outcome);
  }

  async function postBatch(request: Request): Promise<Response> {
    const body = await readJson(request, BATCH_MAX_BYTES);
    if (body instanceof Response) return body;
    if (!isOrderBatch(body)) return refuseInvalid(orderBatchFaults(body));
    const closed = closedBecause();
    if (closed !== undefined) return refuseClosed(closed);
    const events = body.orders.map(placeOrder);
    const outcome = await publisher.publishBatch(events);
    return outcome === "acknowledged" ? acceptBatch(events, timestamp()) : refuseBatch(events, outcome);
  }

  async function getHealth(): Promise<Response> {
    return describeHealth(await kafkaHealth.check(), closedBecause(), timestamp());
  }

  // standardHostname: false, or a Host header of one letter shifts where the path is thought to begin.
  return new Elysia({ precompile: true, strictPath: true, handler: { standardHostname: false } })
    .onError(({ code, error, request }) => {
      if (code === "NOT_FOUND") return refuseRoute(request);
      onError(error);
      return problem("internal-error", "The order may or may not have been placed; the fault was logged.");
    })
    .get("/health", () => getHealth())
    .post("/order", ({ request }) => postOrder(request), { parse: "none" })
    .post("/orders/batch", ({ request }) => postBatch(request), { parse: "none" });
}
