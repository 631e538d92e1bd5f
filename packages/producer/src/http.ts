/**
 * The HTTP side: routes, and for each outcome its answer. It knows orders and a `Publisher`, neither sockets nor Kafka,
 * so tests call `app.handle`. Handlers read the request themselves and give a finished `Response`: of the framework's
 * ways that is the fastest, and none of its own error pages, which quote the input, can come of it.
 */
import { Elysia } from "elysia";
import {
  type Acceptance,
  acceptBatch,
  acceptOrder,
  type ClosedReason,
  describeHealth,
  refuseBatch,
  refuseClosed,
  refuseInvalid,
  refuseKey,
  refuseOrder,
  refuseRepeatedField,
  refuseReusedKey,
  refuseRoute,
} from "./answers.ts";
import { readIdempotencyKey } from "./idempotency-key.ts";
import type { KafkaHealth } from "./kafka-health.ts";
import type { KeyedIntake, KeyedRequest } from "./keyed-intake.ts";
import { createTimestamps, type PlaceOrder } from "./order.ts";
import { problem } from "./problem.ts";
import type { BatchOutcome, Publisher, PublishOutcome } from "./publisher.ts";
import { readJson } from "./request-body.ts";
import { isOrder, isOrderBatch, ORDER_TEXTS, orderBatchFaults, orderFaults } from "./validation.ts";

/** Most bytes in the body of one order. */
export const ORDER_MAX_BYTES = 64 * 1024;
/** Most bytes in the body of a batch. */
export const BATCH_MAX_BYTES = 1024 * 1024;

export interface HttpOptions {
  publisher: Publisher;
  keyedIntake: KeyedIntake;
  /** Whether an order is answered once Kafka has it or once it is on its way there. */
  acknowledge: Acceptance;
  kafkaHealth: KafkaHealth;
  placeOrder: PlaceOrder;
  /** Why no orders are taken just now, or undefined when they are. */
  closedBecause: () => ClosedReason | undefined;
  /** Told of an error that is this program's own mistake. */
  onError: (error: unknown) => void;
}

export function createHttp({
  publisher,
  keyedIntake,
  acknowledge,
  kafkaHealth,
  placeOrder,
  closedBecause,
  onError,
}: HttpOptions) {
  const timestamp = createTimestamps();

  async function postOrder(request: Request): Promise<Response> {
    const key = readIdempotencyKey(request.headers);
    if (key === null) return refuseKey();
    const body = await readJson(request, ORDER_MAX_BYTES);
    if (body instanceof Response) return body;
    const { value: order, texts } = body;
    if (!isOrder(order)) return refuseInvalid(orderFaults(order));
    if (texts !== ORDER_TEXTS) return refuseRepeatedField();
    const closed = closedBecause();
    if (closed !== undefined) return refuseClosed(closed);
    if (key !== undefined) return placeKeyed({ kind: "order", principal: "", key, orders: [order] });
    const event = placeOrder(order);
    const sent = publisher.publish(event);
    const outcome = acknowledge === "acknowledged" ? await sent : await onceTaken(sent);
    return answerOrder(event.order_id, event.timestamp, outcome, false);
  }

  async function postBatch(request: Request): Promise<Response> {
    const key = readIdempotencyKey(request.headers);
    if (key === null) return refuseKey();
    const body = await readJson(request, BATCH_MAX_BYTES);
    if (body instanceof Response) return body;
    const { value: batch, texts } = body;
    if (!isOrderBatch(batch)) return refuseInvalid(orderBatchFaults(batch));
    // The name of the list is one more.
    if (texts !== 1 + ORDER_TEXTS * batch.orders.length) return refuseRepeatedField();
    const closed = closedBecause();
    if (closed !== undefined) return refuseClosed(closed);
    if (key !== undefined) return placeKeyed({ kind: "batch", principal: "", key, orders: batch.orders });
    const events = batch.orders.map((order) => placeOrder(order));
    const ids = events.map(({ order_id }) => order_id);
    const sent = publisher.publishBatch(events);
    const outcome = acknowledge === "acknowledged" ? await sent : await onceTaken(sent);
    return answerBatch(ids, timestamp(), outcome, false);
  }

  async function placeKeyed(request: KeyedRequest): Promise<Response> {
    const placement = keyedIntake.place(request);
    if (placement === "reused") return refuseReusedKey();
    const { orderIds, timestamp, outcome: sent } = placement;
    const outcome = acknowledge === "acknowledged" ? await sent : await onceTaken(sent);
    return request.kind === "batch"
      ? answerBatch(orderIds, timestamp, outcome, true)
      : // A single order never has more than one outcome.
        answerOrder(orderIds[0] as string, timestamp, outcome as PublishOutcome | "enqueued", true);
  }

  /** "enqueued" once the Kafka client has had its turn to refuse; the outcome itself if it is known by then. */
  async function onceTaken<T>(sent: Promise<T>): Promise<T | "enqueued"> {
    let isAnswered = false;
    sent.catch((error) => {
      if (isAnswered) onError(error);
    });
    const first = await Promise.race([sent, nextTurn()]);
    isAnswered = true;
    return first;
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

/** The Kafka client hands over what was sent in this turn of the event loop at its end, before this resolves. */
function nextTurn(): Promise<"enqueued"> {
  return new Promise((resolve) => setImmediate(resolve, "enqueued"));
}

function answerOrder(
  orderId: string,
  timestamp: string,
  outcome: PublishOutcome | "enqueued",
  isKeyed: boolean,
): Response {
  return outcome === "acknowledged" || outcome === "enqueued"
    ? acceptOrder(orderId, timestamp, outcome)
    : refuseOrder(orderId, outcome, isKeyed);
}

function answerBatch(
  orderIds: readonly string[],
  timestamp: string,
  outcome: BatchOutcome | "enqueued",
  isKeyed: boolean,
): Response {
  return outcome === "acknowledged" || outcome === "enqueued"
    ? acceptBatch(orderIds, timestamp, outcome)
    : refuseBatch(orderIds, outcome, isKeyed);
}
