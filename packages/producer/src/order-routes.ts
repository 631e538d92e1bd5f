/**
 * The routes that orders come in by: read and check the body, place what is in it, and give each outcome its answer.
 * They know orders and a `Publisher`, neither sockets nor Kafka.
 */
import type { OrderRequest } from "@campus/events";
import {
  type Acceptance,
  acceptBatch,
  acceptOrder,
  type ClosedReason,
  refuseBatch,
  refuseClosed,
  refuseKey,
  refuseOrder,
  refuseRate,
  refuseReusedKey,
} from "./answers.ts";
import { ANONYMOUS } from "./gate.ts";
import { readIdempotencyKey } from "./idempotency-key.ts";
import type { KeyedIntake, KeyedRequest } from "./keyed-intake.ts";
import { createTimestamps, type PlaceOrder } from "./order.ts";
import type { BatchOutcome, OrderEvent, Publisher, PublishOutcome, RecordHeaders } from "./publisher.ts";
import { clientOfAddress, type RateLimit } from "./rate-limit.ts";
import { readBody } from "./request-body.ts";
import { areScanned, readBatch, readOrder } from "./request-orders.ts";
import type { Caller } from "./route.ts";
import type { RequestTrace } from "./tracing.ts";
import { createOrderWriter } from "./written-orders.ts";

/** Most bytes in the body of one order. */
export const ORDER_MAX_BYTES = 64 * 1024;
/** Most bytes in the body of a batch. */
export const BATCH_MAX_BYTES = 1024 * 1024;

export interface OrderRoutesOptions {
  publisher: Publisher;
  keyedIntake: KeyedIntake;
  /** Whether an order is answered once Kafka has it or once it is on its way there. */
  acknowledge: Acceptance;
  /** How many orders each client may place; without it any number. */
  rateLimit: RateLimit | undefined;
  /** Most bytes of bodies that are being read at once. */
  bodyMemoryBytes: number;
  placeOrder: PlaceOrder;
  /** Whether orders may be read the quick way. Their events are written in JSON, so only where all are. */
  scans: boolean;
  /** Ids of orders that come alone. Those of a batch have any UUID: they are company enough for each other. */
  newOrderId: () => string;
  /** Why no orders are taken just now, or undefined when they are. */
  closedBecause: () => ClosedReason | undefined;
  /** Told of an error that is this program's own mistake and came after the answer, and which request it met. */
  onError: (error: unknown, requestId: string) => void;
}

export function createOrderRoutes({
  publisher,
  keyedIntake,
  acknowledge,
  rateLimit,
  bodyMemoryBytes,
  placeOrder,
  scans,
  newOrderId,
  closedBecause,
  onError,
}: OrderRoutesOptions) {
  const timestamp = createTimestamps();
  const writer = createOrderWriter();
  const bodyMemory = { freeBytes: bodyMemoryBytes };

  /** Whether this many orders may come in now, else their refusal. */
  function refuseIntake(request: Request, caller: Caller, orders: number): Response | undefined {
    const closed = closedBecause();
    if (closed !== undefined) return refuseClosed(closed);
    if (rateLimit === undefined) return undefined;
    const { principal, address } = caller;
    const client =
      principal === ANONYMOUS ? `address ${clientOfAddress(address(request) ?? "")}` : `key ${principal}`;
    const decision = rateLimit.take(client, orders);
    caller.rateHeaders = decision.headers;
    return decision.isAllowed ? undefined : refuseRate(decision);
  }

  async function postOrder(request: Request, caller: Caller): Promise<Response> {
    const key = readIdempotencyKey(request.headers);
    if (key === null) return refuseKey();
    const bytes = await readBody(request, ORDER_MAX_BYTES, bodyMemory);
    if (bytes instanceof Response) return bytes;
    const orders = readOrder(bytes, scans && key === undefined);
    if (orders instanceof Response) return orders;
    const refusal = refuseIntake(request, caller, 1);
    if (refusal !== undefined) return refusal;
    if (areScanned(orders)) {
      const [orderId, placedAt] = [newOrderId(), timestamp()];
      return publishOrder(writer.writeOrder(orders, orderId, placedAt), orderId, placedAt, caller);
    }
    if (key !== undefined) return placeKeyed({ kind: "order", key, orders }, caller);
    const event = placeOrder(orders[0] as OrderRequest, newOrderId());
    return publishOrder(event, event.order_id, event.timestamp, caller);
  }

  async function publishOrder(event: OrderEvent, orderId: string, placedAt: string, caller: Caller) {
    const sent = traced(caller, 1, (headers) => publisher.publish(event, headers));
    return answerOrder(orderId, placedAt, await answerable(sent, caller), false);
  }

  async function postBatch(request: Request, caller: Caller): Promise<Response> {
    const key = readIdempotencyKey(request.headers);
    if (key === null) return refuseKey();
    const bytes = await readBody(request, BATCH_MAX_BYTES, bodyMemory);
    if (bytes instanceof Response) return bytes;
    const orders = readBatch(bytes, scans && key === undefined);
    if (orders instanceof Response) return orders;
    const refusal = refuseIntake(request, caller, areScanned(orders) ? orders.count : orders.length);
    if (refusal !== undefined) return refusal;
    const placedAt = timestamp();
    if (areScanned(orders)) {
      const { events, idList } = writer.writeBatch(orders, placedAt);
      const outcome = await publishBatch(events, caller);
      if (isAcceptance(outcome)) return acceptBatch(events.length, idList, placedAt, outcome);
      const ids = events.map(({ key }) => key);
      return refuseBatch(ids, outcome, false);
    }
    if (key !== undefined) return placeKeyed({ kind: "batch", key, orders }, caller);
    const events = orders.map((order) => placeOrder(order));
    const ids = events.map(({ order_id }) => order_id);
    return answerBatch(ids, placedAt, await publishBatch(events, caller), false);
  }

  function publishBatch(events: readonly OrderEvent[], caller: Caller) {
    const sent = traced(caller, events.length, (headers) => publisher.publishBatch(events, headers));
    return answerable(sent, caller);
  }

  async function placeKeyed(request: Omit<KeyedRequest, "principal">, caller: Caller): Promise<Response> {
    const { principal, trace } = caller;
    const headers = trace?.beginSend(request.orders.length);
    const placement = keyedIntake.place({ ...request, principal, headers });
    if (placement === "reused") {
      trace?.endSend(false);
      return refuseReusedKey();
    }
    if (trace !== undefined) endSendWith(trace, placement.outcome);
    const { orderIds, timestamp, outcome: sent } = placement;
    const outcome = await answerable(sent, caller);
    return request.kind === "batch"
      ? answerBatch(orderIds, timestamp, outcome, true)
      : // A single order never has more than one outcome.
        answerOrder(orderIds[0] as string, timestamp, outcome as PublishOutcome | "enqueued", true);
  }

  /** Sends within the request's trace, if it belongs to one. */
  function traced<T extends BatchOutcome>(
    { trace }: Caller,
    orders: number,
    send: (headers: RecordHeaders | undefined) => Promise<T>,
  ): Promise<T> {
    if (trace === undefined) return send(undefined);
    const sent = send(trace.beginSend(orders));
    endSendWith(trace, sent);
    return sent;
  }

  /** What a request is answered with, once that is known. */
  function answerable<T>(sent: Promise<T>, caller: Caller): Promise<T | "enqueued"> {
    return acknowledge === "acknowledged" ? sent : onceTaken(sent, caller);
  }

  /** "enqueued" once the Kafka client has had its turn to refuse; the outcome itself if it is known by then. */
  async function onceTaken<T>(sent: Promise<T>, { requestId }: Caller): Promise<T | "enqueued"> {
    let isAnswered = false;
    sent.catch((error) => {
      if (isAnswered) onError(error, requestId);
    });
    const first = await Promise.race([sent, nextTurn()]);
    isAnswered = true;
    return first;
  }

  return { postOrder, postBatch };
}

function endSendWith(trace: RequestTrace, sent: Promise<BatchOutcome>): void {
  sent.then(
    (outcome) => trace.endSend(outcome === "acknowledged"),
    // What it is rejected with is answered and told by the route.
    () => trace.endSend(false),
  );
}

/** The Kafka client hands over what was sent in this turn of the event loop at its end, before this resolves. */
function nextTurn(): Promise<"enqueued"> {
  return new Promise((resolve) => setImmediate(resolve, "enqueued"));
}

function isAcceptance(outcome: BatchOutcome | Acceptance): outcome is Acceptance {
  return outcome === "acknowledged" || outcome === "enqueued";
}

function answerOrder(
  orderId: string,
  timestamp: string,
  outcome: PublishOutcome | "enqueued",
  isKeyed: boolean,
): Response {
  return isAcceptance(outcome)
    ? acceptOrder(orderId, timestamp, outcome)
    : refuseOrder(orderId, outcome, isKeyed);
}

function answerBatch(
  orderIds: readonly string[],
  timestamp: string,
  outcome: BatchOutcome | "enqueued",
  isKeyed: boolean,
): Response {
  return isAcceptance(outcome)
    ? acceptBatch(orderIds.length, orderIds.join('","'), timestamp, outcome)
    : refuseBatch(orderIds, outcome, isKeyed);
}
