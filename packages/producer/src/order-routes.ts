/**
 * The routes that orders come in by: read and check the body, place what is in it, and give each outcome its answer.
 * They know orders and a `Publisher`, neither sockets nor Kafka.
 */
import {
  type Acceptance,
  acceptBatch,
  acceptOrder,
  type ClosedReason,
  refuseBatch,
  refuseClosed,
  refuseInvalid,
  refuseKey,
  refuseOrder,
  refuseRate,
  refuseRepeatedField,
  refuseReusedKey,
} from "./answers.ts";
import { ANONYMOUS } from "./gate.ts";
import { readIdempotencyKey } from "./idempotency-key.ts";
import type { KeyedIntake, KeyedRequest } from "./keyed-intake.ts";
import { createTimestamps, type PlaceOrder } from "./order.ts";
import type { BatchOutcome, OrderEvent, Publisher, PublishOutcome, RecordHeaders } from "./publisher.ts";
import { clientOfAddress, type RateLimit } from "./rate-limit.ts";
import { parseBody, readBody } from "./request-body.ts";
import type { Caller } from "./route.ts";
import { type ScannedOrders, scanBatch, scanOrder } from "./scanned-orders.ts";
import type { RequestTrace } from "./tracing.ts";
import { isOrder, isOrderBatch, ORDER_TEXTS, orderBatchFaults, orderFaults } from "./validation.ts";
import type { OrderWriter } from "./written-orders.ts";

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
  /** Places orders from the JSON they came in; without it, all are read the long way. It writes JSON, so only where events are JSON. */
  writer: OrderWriter | undefined;
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
  writer,
  newOrderId,
  closedBecause,
  onError,
}: OrderRoutesOptions) {
  const timestamp = createTimestamps();
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
    if (key === undefined && writer !== undefined) {
      const scanned = scanOrder(bytes);
      if (scanned !== undefined) return placeScannedOrder(scanned, writer, request, caller);
    }
    const body = parseBody(bytes);
    if (body instanceof Response) return body;
    const { value: order, texts } = body;
    if (!isOrder(order)) return refuseInvalid(orderFaults(order));
    if (texts !== ORDER_TEXTS) return refuseRepeatedField();
    const refusal = refuseIntake(request, caller, 1);
    if (refusal !== undefined) return refusal;
    if (key !== undefined) return placeKeyed({ kind: "order", key, orders: [order] }, caller);
    const event = placeOrder(order, newOrderId());
    return publishOrder(event, event.order_id, event.timestamp, caller);
  }

  async function placeScannedOrder(
    order: ScannedOrders,
    { writeOrder }: OrderWriter,
    request: Request,
    caller: Caller,
  ): Promise<Response> {
    const refusal = refuseIntake(request, caller, 1);
    if (refusal !== undefined) return refusal;
    const [orderId, placedAt] = [newOrderId(), timestamp()];
    return publishOrder(writeOrder(order, orderId, placedAt), orderId, placedAt, caller);
  }

  async function publishOrder(event: OrderEvent, orderId: string, placedAt: string, caller: Caller) {
    const sent = traced(caller, 1, (headers) => publisher.publish(event, headers));
    const outcome = acknowledge === "acknowledged" ? await sent : await onceTaken(sent, caller);
    return answerOrder(orderId, placedAt, outcome, false);
  }

  async function postBatch(request: Request, caller: Caller): Promise<Response> {
    const key = readIdempotencyKey(request.headers);
    if (key === null) return refuseKey();
    const bytes = await readBody(request, BATCH_MAX_BYTES, bodyMemory);
    if (bytes instanceof Response) return bytes;
    if (key === undefined && writer !== undefined) {
      const scanned = scanBatch(bytes);
      if (scanned !== undefined) return placeScannedBatch(scanned, writer, request, caller);
    }
    const body = parseBody(bytes);
    if (body instanceof Response) return body;
    const { value: batch, texts } = body;
    if (!isOrderBatch(batch)) return refuseInvalid(orderBatchFaults(batch));
    // The name of the list is one more.
    if (texts !== 1 + ORDER_TEXTS * batch.orders.length) return refuseRepeatedField();
    const refusal = refuseIntake(request, caller, batch.orders.length);
    if (refusal !== undefined) return refusal;
    if (key !== undefined) return placeKeyed({ kind: "batch", key, orders: batch.orders }, caller);
    const placedAt = timestamp();
    const events = batch.orders.map((order) => placeOrder(order));
    const outcome = await publishBatch(events, caller);
    return answerBatch(
      events.map(({ order_id }) => order_id),
      placedAt,
      outcome,
      false,
    );
  }

  async function placeScannedBatch(
    orders: ScannedOrders,
    { writeBatch }: OrderWriter,
    request: Request,
    caller: Caller,
  ): Promise<Response> {
    const refusal = refuseIntake(request, caller, orders.count);
    if (refusal !== undefined) return refusal;
    const placedAt = timestamp();
    const { events, idList } = writeBatch(orders, placedAt);
    const outcome = await publishBatch(events, caller);
    if (isAcceptance(outcome)) return acceptBatch(events.length, idList, placedAt, outcome);
    return refuseBatch(
      events.map(({ key }) => key),
      outcome,
      false,
    );
  }

  function publishBatch(events: readonly OrderEvent[], caller: Caller) {
    const sent = traced(caller, events.length, (headers) => publisher.publishBatch(events, headers));
    return acknowledge === "acknowledged" ? sent : onceTaken(sent, caller);
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
    const outcome = acknowledge === "acknowledged" ? await sent : await onceTaken(sent, caller);
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
