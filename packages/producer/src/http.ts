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
  refuseRate,
  refuseRepeatedField,
  refuseReusedKey,
  refuseRoute,
} from "./answers.ts";
import { ANONYMOUS, type Gate } from "./gate.ts";
import { readIdempotencyKey } from "./idempotency-key.ts";
import type { KafkaHealth } from "./kafka-health.ts";
import type { KeyedIntake, KeyedRequest } from "./keyed-intake.ts";
import { createTimestamps, type PlaceOrder } from "./order.ts";
import { problem } from "./problem.ts";
import type { BatchOutcome, Publisher, PublishOutcome } from "./publisher.ts";
import { clientOfAddress, type RateLimit } from "./rate-limit.ts";
import { readJson } from "./request-body.ts";
import { createRequestIds } from "./request-id.ts";
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
  gate: Gate;
  /** How many orders each client may place; without it any number. */
  rateLimit: RateLimit | undefined;
  /** Most bytes of bodies that are being read at once. */
  bodyMemoryBytes: number;
  kafkaHealth: KafkaHealth;
  placeOrder: PlaceOrder;
  /** Why no orders are taken just now, or undefined when they are. */
  closedBecause: () => ClosedReason | undefined;
  /** Told of an error that is this program's own mistake, and which request it met. */
  onError: (error: unknown, requestId: string) => void;
}

/** Where a request came from. */
interface Caller {
  requestId: string;
  /** Whose API key it came with. */
  principal: string;
  /** The address of its other end, unless it came over no socket. */
  address: () => string | undefined;
  /** For the answer, whichever it will be. */
  rateHeaders?: Readonly<Record<string, string>>;
}

/** A route that needs no API key. */
const OPEN = { isOpen: true };

type Handler = (request: Request, caller: Caller) => Response | Promise<Response>;

/** What Elysia hands to a route. */
interface RouteContext {
  request: Request;
  server: Pick<Bun.Server<unknown>, "requestIP"> | null;
}

export function createHttp({
  publisher,
  keyedIntake,
  acknowledge,
  gate,
  rateLimit,
  bodyMemoryBytes,
  kafkaHealth,
  placeOrder,
  closedBecause,
  onError,
}: HttpOptions) {
  const timestamp = createTimestamps();
  const requestIdOf = createRequestIds();
  const bodyMemory = { freeBytes: bodyMemoryBytes };

  /** What all routes do alike: who may ask, the headers of every answer, and what becomes of a mistake. */
  function route(handler: Handler, { isOpen = false } = {}) {
    return async ({ request, server }: RouteContext): Promise<Response> => {
      const requestId = requestIdOf(request.headers);
      const address = () => server?.requestIP(request)?.address;
      const caller: Caller = { requestId, principal: ANONYMOUS, address };
      const answer = await answerTo(request, caller, handler, isOpen).catch((error) => {
        onError(error, requestId);
        return problem(
          "internal-error",
          "The order may or may not have been placed; the fault was logged under this request's id.",
        );
      });
      answer.headers.set("x-request-id", requestId);
      for (const name in caller.rateHeaders) answer.headers.set(name, caller.rateHeaders[name] as string);
      return answer;
    };
  }

  async function answerTo(request: Request, caller: Caller, handler: Handler, isOpen: boolean) {
    const misdirected = gate.refuseHost(request);
    if (misdirected !== undefined) return misdirected;
    if (!isOpen) {
      const principal = gate.identify(request);
      if (principal instanceof Response) return principal;
      caller.principal = principal;
    }
    return handler(request, caller);
  }

  /** Whether this many orders may come in now, else their refusal. */
  function refuseIntake(caller: Caller, orders: number): Response | undefined {
    const closed = closedBecause();
    if (closed !== undefined) return refuseClosed(closed);
    if (rateLimit === undefined) return undefined;
    const { principal, address } = caller;
    const client =
      principal === ANONYMOUS ? `address ${clientOfAddress(address() ?? "")}` : `key ${principal}`;
    const decision = rateLimit.take(client, orders);
    caller.rateHeaders = decision.headers;
    return decision.isAllowed ? undefined : refuseRate(decision);
  }

  async function postOrder(request: Request, caller: Caller): Promise<Response> {
    const key = readIdempotencyKey(request.headers);
    if (key === null) return refuseKey();
    const body = await readJson(request, ORDER_MAX_BYTES, bodyMemory);
    if (body instanceof Response) return body;
    const { value: order, texts } = body;
    if (!isOrder(order)) return refuseInvalid(orderFaults(order));
    if (texts !== ORDER_TEXTS) return refuseRepeatedField();
    const refusal = refuseIntake(caller, 1);
    if (refusal !== undefined) return refusal;
    if (key !== undefined) return placeKeyed({ kind: "order", key, orders: [order] }, caller);
    const event = placeOrder(order);
    const sent = publisher.publish(event);
    const outcome = acknowledge === "acknowledged" ? await sent : await onceTaken(sent, caller);
    return answerOrder(event.order_id, event.timestamp, outcome, false);
  }

  async function postBatch(request: Request, caller: Caller): Promise<Response> {
    const key = readIdempotencyKey(request.headers);
    if (key === null) return refuseKey();
    const body = await readJson(request, BATCH_MAX_BYTES, bodyMemory);
    if (body instanceof Response) return body;
    const { value: batch, texts } = body;
    if (!isOrderBatch(batch)) return refuseInvalid(orderBatchFaults(batch));
    // The name of the list is one more.
    if (texts !== 1 + ORDER_TEXTS * batch.orders.length) return refuseRepeatedField();
    const refusal = refuseIntake(caller, batch.orders.length);
    if (refusal !== undefined) return refusal;
    if (key !== undefined) return placeKeyed({ kind: "batch", key, orders: batch.orders }, caller);
    const events = batch.orders.map((order) => placeOrder(order));
    const ids = events.map(({ order_id }) => order_id);
    const sent = publisher.publishBatch(events);
    const outcome = acknowledge === "acknowledged" ? await sent : await onceTaken(sent, caller);
    return answerBatch(ids, timestamp(), outcome, false);
  }

  async function placeKeyed(request: Omit<KeyedRequest, "principal">, caller: Caller): Promise<Response> {
    const placement = keyedIntake.place({ ...request, principal: caller.principal });
    if (placement === "reused") return refuseReusedKey();
    const { orderIds, timestamp, outcome: sent } = placement;
    const outcome = acknowledge === "acknowledged" ? await sent : await onceTaken(sent, caller);
    return request.kind === "batch"
      ? answerBatch(orderIds, timestamp, outcome, true)
      : // A single order never has more than one outcome.
        answerOrder(orderIds[0] as string, timestamp, outcome as PublishOutcome | "enqueued", true);
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

  async function getHealth(): Promise<Response> {
    return describeHealth(await kafkaHealth.check(), closedBecause(), timestamp());
  }

  // standardHostname: false, or a Host header of one letter shifts where the path is thought to begin.
  return new Elysia({ precompile: true, strictPath: true, handler: { standardHostname: false } })
    .onError(({ code, error, request, server }) => {
      // Elysia's own: no such route. Whatever a route throws was answered by the route.
      return route(() => {
        if (code !== "NOT_FOUND") throw error;
        return refuseRoute(request);
      }, OPEN)({ request, server });
    })
    .get("/health", route(getHealth, OPEN))
    .post("/order", route(postOrder), { parse: "none" })
    .post("/orders/batch", route(postBatch), { parse: "none" });
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
