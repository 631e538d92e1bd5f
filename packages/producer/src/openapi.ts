/**
 * The service described in OpenAPI 3.1. Paths, methods and ids of operations come from the routes themselves; what stands
 * here is the rest: what goes in, what comes out, and examples that can be sent as they are. The generator is loaded when
 * the document is asked for the first time, since most processes are never asked.
 */
import { BATCH_MAX_ORDERS, ITEM_MAX_CHARACTERS, QUANTITY_MAX, USER_ID_MAX_CHARACTERS } from "@campus/events";
import type { AnyElysia, DocumentDecoration } from "elysia";
import { KEY_MAX_CHARACTERS } from "./idempotency-key.ts";
import { BATCH_MAX_BYTES, ORDER_MAX_BYTES } from "./order-routes.ts";
import { WAIT_MAX_MS } from "./order-state-route.ts";
import { KINDS, type ProblemKind } from "./problem.ts";

export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>> };
}

export interface Operation {
  readonly summary: string;
  readonly description: string;
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description: string;
  readonly required?: boolean;
  readonly schema: object;
}

type Content = Readonly<Record<string, { readonly schema: object; readonly example?: unknown }>>;

const ORDER = { user_id: "user123", item: "Burger", quantity: 2 };
const ORDER_ID = "7f8e9d0c-1b2a-4c3d-9e8f-0a1b2c3d4e5f";
const TIMESTAMP = "2026-03-04T05:06:07.089Z";

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (name: string, example: unknown): Content => ({
  "application/json": { schema: ref(name), example },
});

const text = (maxLength: number, description: string) => ({
  type: "string",
  description,
  minLength: 1,
  maxLength,
  pattern: "^[^\\u0000]*$",
});
const uuid = { type: "string", format: "uuid" };
const timestamp = { type: "string", format: "date-time" };

function object(properties: Record<string, object>, description: string) {
  return {
    type: "object",
    description,
    required: Object.keys(properties),
    properties,
    additionalProperties: false,
  };
}

const SCHEMAS = {
  Order: object(
    {
      user_id: text(USER_ID_MAX_CHARACTERS, "Who orders"),
      item: text(ITEM_MAX_CHARACTERS, "What is ordered"),
      quantity: { type: "integer", description: "How many of it", minimum: 1, maximum: QUANTITY_MAX },
    },
    "An order. No field more, and none twice.",
  ),
  Batch: object(
    { orders: { type: "array", items: ref("Order"), minItems: 1, maxItems: BATCH_MAX_ORDERS } },
    "Orders that are sent together. One that is not valid refuses all.",
  ),
  Accepted: object(
    { order_id: uuid, status: { const: "accepted" }, message: { type: "string" }, timestamp },
    "An order that is in Kafka.",
  ),
  BatchAccepted: object(
    {
      status: { const: "accepted" },
      message: { type: "string" },
      timestamp,
      accepted: { type: "integer", minimum: 1, maximum: BATCH_MAX_ORDERS },
      order_ids: { type: "array", items: uuid, description: "In the order of the request" },
    },
    "Orders that are in Kafka.",
  ),
  OrderState: object(
    { order_id: uuid, state: { enum: ["placed", "reserved", "failed"] }, timestamp },
    "What became of an order: placed, then reserved or failed.",
  ),
  Health: object(
    {
      status: { enum: ["ok", "starting", "draining", "recovering", "unavailable"] },
      kafka: { enum: ["reachable", "unreachable"] },
      brokers: { type: "integer", minimum: 0 },
      timestamp,
    },
    "Whether orders can be taken.",
  ),
  Problem: {
    type: "object",
    description: "A refusal (RFC 9457). Its kind may add members.",
    required: ["type", "title", "status", "detail"],
    properties: {
      type: { type: "string", pattern: "^urn:campus-orders:problem:[a-z-]+$" },
      title: { type: "string" },
      status: { type: "integer", minimum: 400, maximum: 599 },
      detail: { type: "string" },
    },
  },
};

const PLACING: readonly ProblemKind[] = [
  "malformed-body",
  "malformed-idempotency-key",
  "unauthenticated",
  "body-too-large",
  "unsupported-media-type",
  "misdirected",
  "invalid-order",
  "idempotency-key-reused",
  "rate-limited",
  "internal-error",
  "unavailable",
  "outcome-unknown",
];

/** The refusals of an operation, those of one status together. */
function refusals(kinds: readonly ProblemKind[]) {
  const byStatus = Object.groupBy(kinds, (kind) => String(KINDS[kind].status));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, these = []]) => {
      const [{ title }] = these.map((kind) => KINDS[kind]) as [(typeof KINDS)[ProblemKind]];
      const example = {
        type: `urn:campus-orders:problem:${these[0]}`,
        title,
        status: Number(status),
        detail: "What is wrong, and what to do.",
      };
      const description = these.map((kind) => `${KINDS[kind].title} (${kind}).`).join(" ");
      return [
        status,
        { description, content: { "application/problem+json": { schema: ref("Problem"), example } } },
      ];
    }),
  );
}

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  key: {
    name: "Idempotency-Key",
    in: "header",
    description:
      "Makes it safe to send a request again: the same key with the same orders places them once, and order ids stay the same. A UUID is a good key.",
    schema: {
      type: "string",
      minLength: 1,
      maxLength: KEY_MAX_CHARACTERS,
      pattern: "^[A-Za-z0-9._~:+/=-]+$",
    },
  },
  trace: {
    name: "traceparent",
    in: "header",
    description: "W3C trace context, taken over into the events.",
    schema: { type: "string" },
  },
  id: { name: "id", in: "path", required: true, description: "The order's id.", schema: uuid },
  wait: {
    name: "wait",
    in: "query",
    description: `How long to wait for the decision, up to ${WAIT_MAX_MS / 1000} s: 2s, 500ms.`,
    schema: { type: "string", pattern: "^([0-5]s|[0-4]?[0-9]{1,3}ms)$" },
  },
};

const SECURITY = [{}, { bearer: [] }, { apiKey: [] }];

/** What the routes' operations are described with, by path. */
export const OPERATIONS = {
  "/order": {
    summary: "Place an order",
    description: `Answered once Kafka has it on all in-sync replicas. A body has ${ORDER_MAX_BYTES} bytes at most.`,
    security: SECURITY,
    parameters: [PARAMETERS.key, PARAMETERS.trace],
    requestBody: { required: true, content: json("Order", ORDER) },
    responses: {
      "202": {
        description: "The order is placed.",
        content: json("Accepted", {
          order_id: ORDER_ID,
          status: "accepted",
          message: "Order published to Kafka",
          timestamp: TIMESTAMP,
        }),
      },
      ...refusals(PLACING),
    },
  },
  "/orders/batch": {
    summary: "Place up to a thousand orders",
    description: `All or none are valid; what Kafka takes of them is told order by order. A body has ${BATCH_MAX_BYTES} bytes at most.`,
    security: SECURITY,
    parameters: [PARAMETERS.key, PARAMETERS.trace],
    requestBody: { required: true, content: json("Batch", { orders: [ORDER, { ...ORDER, item: "Fries" }] }) },
    responses: {
      "202": {
        description: "All orders are placed.",
        content: json("BatchAccepted", {
          status: "accepted",
          message: "Orders published to Kafka",
          timestamp: TIMESTAMP,
          accepted: 2,
          order_ids: [ORDER_ID, "0b9c2c0e-4d1a-4f5e-8a3b-1c2d3e4f5a6b"],
        }),
      },
      ...refusals(PLACING),
    },
  },
  "/orders/:id": {
    summary: "Ask what became of an order",
    description: "Of recent orders. An order may be known a moment after it was placed.",
    security: SECURITY,
    parameters: [PARAMETERS.id, PARAMETERS.wait],
    responses: {
      "200": {
        description: "The order is known.",
        content: json("OrderState", { order_id: ORDER_ID, state: "reserved", timestamp: TIMESTAMP }),
      },
      ...refusals([
        "malformed-parameter",
        "unauthenticated",
        "not-found",
        "misdirected",
        "internal-error",
        "unavailable",
      ]),
    },
  },
  "/health": {
    summary: "Ask whether orders can be taken",
    description: "For load balancers and people.",
    responses: {
      "200": {
        description: "They can.",
        content: json("Health", { status: "ok", kafka: "reachable", brokers: 3, timestamp: TIMESTAMP }),
      },
      "503": {
        description: "They can't.",
        content: json("Health", {
          status: "unavailable",
          kafka: "unreachable",
          brokers: 0,
          timestamp: TIMESTAMP,
        }),
      },
      ...refusals(["misdirected", "internal-error"]),
    },
  },
} as const;

/** The `detail` of a route, in the framework's own type, which is that of OpenAPI 3.0. */
export function detailOf(path: keyof typeof OPERATIONS): { detail: DocumentDecoration } {
  return { detail: OPERATIONS[path] as unknown as DocumentDecoration };
}

/** The document of an app whose routes carry their operations. */
export async function describeApp(app: AnyElysia): Promise<OpenApiDocument> {
  const { toOpenAPISchema } = await import("@elysiajs/openapi");
  const { paths } = toOpenAPISchema(app, undefined, undefined, undefined, "3.1.0");
  return {
    openapi: "3.1.0",
    info: {
      title: "Campus orders",
      version: "0.1.0",
      description:
        "Takes orders and publishes them to Kafka. Faults are problem JSON (RFC 9457) and never repeat what was sent; every answer has an X-Request-Id.",
    },
    paths: paths as unknown as OpenApiDocument["paths"],
    components: {
      schemas: SCHEMAS,
      ...{
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer", description: "An API key, where keys are asked for." },
          apiKey: {
            type: "apiKey",
            in: "header",
            name: "X-API-Key",
            description: "The same, in another header.",
          },
        },
      },
    },
  };
}
