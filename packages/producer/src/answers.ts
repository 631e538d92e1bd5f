/** What the HTTP side answers to an order, outcome by outcome. */
import { KEY_MAX_CHARACTERS } from "./idempotency-key.ts";
import type { KafkaState } from "./kafka-health.ts";
import type { TrackedOrder } from "./order-tracker.ts";
import { problem } from "./problem.ts";
import type { BatchOutcome, Outcome, PublishOutcome } from "./publisher.ts";
import type { RateDecision } from "./rate-limit.ts";
import type { Faults } from "./validation.ts";

/** Why no orders are taken, apart from Kafka's state. */
export type ClosedReason = "starting" | "draining" | "recovering";

const METHODS: Readonly<Record<string, string>> = {
  "/docs": "GET, HEAD",
  "/health": "GET, HEAD",
  "/openapi.json": "GET, HEAD",
  "/order": "POST",
  "/orders/batch": "POST",
};

/** Of one order, whatever its id. */
const ORDER_PATH = /^\/orders\/[^/]+$/;

/** `Headers`, which a response copies sooner than it reads an object. */
const ACCEPTED: ResponseInit = {
  status: 202,
  headers: new Headers({ "content-type": "application/json" }),
};

/** In seconds. A full queue empties in a moment; a cluster takes longer to come back. */
const RETRY_AFTER_S = { full: 1, closed: 2, failed: 5 } as const;

/** What an order or a batch was taken for: Kafka has it, or it is on its way there (`ACKNOWLEDGE=enqueued`). */
export type Acceptance = "acknowledged" | "enqueued";

const PAST: Readonly<Record<Acceptance, string>> = {
  acknowledged: "published to",
  enqueued: "enqueued for",
};

export function acceptOrder(orderId: string, timestamp: string, acceptance: Acceptance): Response {
  return new Response(
    `{"order_id":"${orderId}","status":"accepted","message":"Order ${PAST[acceptance]} Kafka","timestamp":"${timestamp}"}`,
    ACCEPTED,
  );
}

/** @param idList the ids with `","` between them */
export function acceptBatch(
  orders: number,
  idList: string,
  timestamp: string,
  acceptance: Acceptance,
): Response {
  const json = `{"status":"accepted","message":"Orders ${PAST[acceptance]} Kafka","timestamp":"${timestamp}","accepted":${orders},"order_ids":["${idList}"]}`;
  return new Response(json.length < TEXT_MAX_CHARACTERS ? json : streamOf(json), ACCEPTED);
}

/**
 * Bun sends a longer text that comes late, as one does that waited for Kafka, with a system call and a packet for each piece of its head, nineteen in all; what
 * comes as a stream leaves with its head in one, and its end in another.
 */
const TEXT_MAX_CHARACTERS = 15 * 1024;

function streamOf(text: string): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(Buffer.from(text));
      controller.close();
    },
  });
}

export function refuseHost(): Response {
  return problem("misdirected", "No orders are taken under the name in the Host header (ALLOWED_HOSTS).");
}

export function refuseWithoutKey(): Response {
  return problem(
    "unauthenticated",
    "Send an API key that is in force, as Authorization: Bearer or X-API-Key.",
    {
      headers: { "www-authenticate": "Bearer" },
    },
  );
}

export function refuseRate({ retryAfterS, headers }: RateDecision): Response {
  return retryAfterS === Number.POSITIVE_INFINITY
    ? problem("rate-limited", "These are more orders than may come at once. Send them in smaller batches.", {
        headers,
      })
    : problem("rate-limited", "More orders than are allowed in this time. Nothing was published.", {
        headers: { ...headers, "retry-after": String(retryAfterS) },
      });
}

export function refuseKey(): Response {
  return problem(
    "malformed-idempotency-key",
    `Send one Idempotency-Key of 1 to ${KEY_MAX_CHARACTERS} characters: printable ASCII in double quotes, or letters, digits and . _ ~ : + / = - without. Nothing was published.`,
  );
}

export function refuseReusedKey(): Response {
  return problem(
    "idempotency-key-reused",
    "This Idempotency-Key came with another request before. Send a new order under a new key. Nothing was published.",
  );
}

export function refuseInvalid({ total, listed }: Faults): Response {
  const more = total > listed.length ? `; the first ${listed.length} are listed` : "";
  return problem(
    "invalid-order",
    `${total} ${total === 1 ? "fault" : "faults"}${more}. Nothing was published.`,
    {
      members: { errors: listed, error_count: total },
    },
  );
}

const CLOSED_DETAILS: Readonly<Record<ClosedReason, string>> = {
  starting: "The service waits for Kafka.",
  draining: "The service is ending.",
  recovering: "The service makes itself a new connection to Kafka.",
};

export function refuseRepeatedField(): Response {
  return problem(
    "malformed-body",
    "An object in the body has a field more than once, so it is not clear what is meant. Nothing was published.",
  );
}

export function refuseClosed(reason: ClosedReason): Response {
  return problem("unavailable", CLOSED_DETAILS[reason], {
    headers: { "retry-after": String(RETRY_AFTER_S.closed), connection: "close" },
  });
}

const FULL = "Too many orders are on their way to Kafka already. Nothing was published.";

/** How a client gets out of not knowing. */
function adviceOnUnknown(isKeyed: boolean): string {
  return isKeyed
    ? "unknown, retry with the same Idempotency-Key: the order ids stay the same, and each order is decided once."
    : "unknown, and a retry may place it twice: send orders with an Idempotency-Key, then retry with the same Idempotency-Key.";
}

export function refuseOrder(
  orderId: string,
  outcome: Exclude<PublishOutcome, "acknowledged">,
  isKeyed: boolean,
): Response {
  const headers = retryAfter(outcome);
  if (outcome === "full") return problem("unavailable", FULL, { headers });
  const members = { outcome, order_id: orderId };
  return outcome === "failed"
    ? problem("unavailable", "Kafka did not take it. Nothing was published.", { members, headers })
    : problem(
        "outcome-unknown",
        `Kafka did not acknowledge the order in time. Whether it was published is ${adviceOnUnknown(isKeyed)}`,
        { members, headers },
      );
}

/** Says of every order of the batch what became of it, unless that is the same for all and nothing was published. */
export function refuseBatch(
  orderIds: readonly string[],
  outcome: Exclude<BatchOutcome, "acknowledged">,
  isKeyed: boolean,
): Response {
  if (outcome === "full") return problem("unavailable", FULL, { headers: retryAfter("full") });
  const outcomes = typeof outcome === "string" ? orderIds.map(() => outcome as Outcome) : outcome;
  const of = (wanted: Outcome) =>
    orderIds.flatMap((order_id, index) => (outcomes[index] === wanted ? [{ index, order_id }] : []));
  const members = { acknowledged: of("acknowledged"), failed: of("failed"), unknown: of("unknown") };
  const count = `Of ${orderIds.length} orders Kafka acknowledged ${members.acknowledged.length} and did not take ${members.failed.length}`;
  const headers = retryAfter("failed");
  if (members.unknown.length === 0) {
    const advice = isKeyed ? "Retry with the same Idempotency-Key." : "Send those that failed again.";
    return problem("unavailable", `${count}. ${advice}`, { members, headers });
  }
  return problem(
    "outcome-unknown",
    `${count}; of ${members.unknown.length} the outcome is ${adviceOnUnknown(isKeyed)}`,
    { members, headers },
  );
}

function retryAfter(outcome: PublishOutcome): Record<string, string> {
  return { "retry-after": String(outcome === "full" ? RETRY_AFTER_S.full : RETRY_AFTER_S.failed) };
}

/** No such route, or none with this method. `hasStates`: whether the state of an order can be asked for. */
export function refuseRoute(request: Request, hasStates: boolean): Response {
  const { pathname } = new URL(request.url);
  const allow = METHODS[pathname] ?? (hasStates && ORDER_PATH.test(pathname) ? "GET, HEAD" : undefined);
  return allow === undefined
    ? problem("not-found", `The routes are ${Object.keys(METHODS).join(", ")}.`)
    : problem("method-not-allowed", `Allowed here: ${allow}.`, { headers: { allow } });
}

export function describeOrder(orderId: string, { state, timestampMs }: TrackedOrder): Response {
  return Response.json(
    { order_id: orderId, state, timestamp: new Date(timestampMs).toISOString() },
    { headers: { "cache-control": "no-store" } },
  );
}

export function refuseOrderId(): Response {
  return problem("not-found", "An order's id is a UUID.");
}

export function refuseUnknownOrder(): Response {
  return problem("not-found", "This order is not among the recent ones, or not placed.");
}

export function refuseWait(maxMs: number): Response {
  return problem(
    "malformed-parameter",
    `wait is a whole number of s or ms, like 2s or 500ms, up to ${maxMs} ms.`,
  );
}

export function refuseBusy(): Response {
  return problem("unavailable", "Too many wait for the state of an order already.", {
    headers: { "retry-after": "1" },
  });
}

export function refuseStates(): Response {
  return problem("unavailable", "The state of orders can't be read from Kafka just now.", {
    headers: { "retry-after": String(RETRY_AFTER_S.closed) },
  });
}

/** Whether orders can be taken, for load balancers and people. */
export function describeHealth(
  { isReachable, brokers }: KafkaState,
  closed: ClosedReason | undefined,
  timestamp: string,
): Response {
  const isHealthy = isReachable && closed === undefined;
  return Response.json(
    {
      status: isHealthy ? "ok" : (closed ?? "unavailable"),
      kafka: isReachable ? "reachable" : "unreachable",
      brokers,
      timestamp,
    },
    isHealthy ? {} : { status: 503, headers: { "retry-after": String(RETRY_AFTER_S.closed) } },
  );
}
