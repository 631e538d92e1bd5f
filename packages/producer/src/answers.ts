/** What the HTTP side answers to an order, outcome by outcome. */
import type { OrderPlaced } from "@campus/events";
import type { KafkaState } from "./kafka-health.ts";
import { problem } from "./problem.ts";
import type { BatchOutcome, Outcome, PublishOutcome } from "./publisher.ts";
import type { Faults } from "./validation.ts";

/** Why no orders are taken, apart from Kafka's state. */
export type ClosedReason = "starting" | "draining";

const METHODS: Readonly<Record<string, string>> = {
  "/health": "GET, HEAD",
  "/order": "POST",
  "/orders/batch": "POST",
};

const ACCEPTED: ResponseInit = { status: 202, headers: { "content-type": "application/json" } };

/** In seconds. A full queue empties in a moment; a cluster takes longer to come back. */
const RETRY_AFTER_S = { full: 1, closed: 2, failed: 5 } as const;

export function acceptOrder({ order_id, timestamp }: OrderPlaced): Response {
  return new Response(
    `{"order_id":"${order_id}","status":"accepted","message":"Order published to Kafka","timestamp":"${timestamp}"}`,
    ACCEPTED,
  );
}

export function acceptBatch(events: readonly OrderPlaced[], timestamp: string): Response {
  const ids = events.map(({ order_id }) => `"${order_id}"`).join(",");
  return new Response(
    `{"status":"accepted","message":"Orders published to Kafka","timestamp":"${timestamp}","accepted":${events.length},"order_ids":[${ids}]}`,
    ACCEPTED,
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

export function refuseClosed(reason: "starting" | "draining"): Response {
  const detail = reason === "starting" ? "The service waits for Kafka." : "The service is ending.";
  return problem("unavailable", detail, {
    headers: { "retry-after": String(RETRY_AFTER_S.closed), connection: "close" },
  });
}

const DETAILS: Readonly<Record<Exclude<PublishOutcome, "acknowledged">, string>> = {
  full: "Too many orders are on their way to Kafka already. Nothing was published.",
  failed: "Kafka did not take it. Nothing was published.",
  unknown: "Kafka did not acknowledge it in time. It may have been published all the same.",
};

export function refuseOrder(
  { order_id }: OrderPlaced,
  outcome: Exclude<PublishOutcome, "acknowledged">,
): Response {
  const members = outcome === "full" ? {} : { outcome, order_id };
  return problem("unavailable", DETAILS[outcome], { members, headers: retryAfter(outcome) });
}

/** Says of every order of the batch what became of it, unless that is the same for all and nothing was published. */
export function refuseBatch(
  events: readonly OrderPlaced[],
  outcome: Exclude<BatchOutcome, "acknowledged">,
): Response {
  if (outcome === "full") return problem("unavailable", DETAILS.full, { headers: retryAfter("full") });
  const outcomes = typeof outcome === "string" ? events.map(() => outcome as Outcome) : outcome;
  const of = (wanted: Outcome) =>
    events.flatMap(({ order_id }, index) => (outcomes[index] === wanted ? [{ index, order_id }] : []));
  const members = { acknowledged: of("acknowledged"), failed: of("failed"), unknown: of("unknown") };
  return problem(
    "unavailable",
    `Of ${events.length} orders Kafka acknowledged ${members.acknowledged.length} and did not take ${members.failed.length}; ` +
      `of ${members.unknown.length} it is not known. Send those that failed again.`,
    { members, headers: retryAfter("failed") },
  );
}

function retryAfter(outcome: PublishOutcome): Record<string, string> {
  return { "retry-after": String(outcome === "full" ? RETRY_AFTER_S.full : RETRY_AFTER_S.failed) };
}

/** No such route, or none with this method. */
export function refuseRoute(request: Request): Response {
  const allow = METHODS[new URL(request.url).pathname];
  return allow === undefined
    ? problem("not-found", `The routes are ${Object.keys(METHODS).join(", ")}.`)
    : problem("method-not-allowed", `Allowed here: ${allow}.`, { headers: { allow } });
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
