/** The HTTP side without a socket and without Kafka, for tests. */
import { expect } from "bun:test";
import {
  decodeEvent,
  ITEM_MAX_CHARACTERS,
  type OrderPlaced,
  type OrderRequest,
  QUANTITY_MAX,
  USER_ID_MAX_CHARACTERS,
} from "@campus/events";
import type { Tracer } from "@opentelemetry/api";
import fc from "fast-check";
import type { Acceptance, ClosedReason } from "./answers.ts";
import { createGate, type GateOptions } from "./gate.ts";
import { createHttp } from "./http.ts";
import { createKeyedIntake } from "./keyed-intake.ts";
import { createOrderPlacer } from "./order.ts";
import type { OrderTracker } from "./order-tracker.ts";
import type { BatchOutcome, OrderEvent, Publisher, PublishOutcome, RecordHeaders } from "./publisher.ts";
import type { RateLimit } from "./rate-limit.ts";
import { createTracing } from "./tracing.ts";
import type { WrittenEvent } from "./written-orders.ts";

/** A valid order. */
export const order = { user_id: "user123", item: "Burger", quantity: 2 };
export type Body = string | Uint8Array<ArrayBuffer> | ReadableStream | null;

const space = fc.constantFrom("", "", "", " ", "\n\t", "\r\n  ");
const plainText = (max: number) => fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: max });
const anyText = (max: number) =>
  fc.string({ unit: "binary", minLength: 1, maxLength: max }).map((text) => text.replaceAll("\0", "\u0001"));

/** JSON of a text with an escape for each of its UTF-16 units. */
function allEscaped(text: string): string {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("")}"`;
}

export interface BatchText {
  readonly orders: OrderRequest[];
  /** The batch in JSON. */
  readonly text: string;
  /** Whether it has escapes where none were needed. */
  readonly isEscaped: boolean;
  /** Whether one of its texts takes more bytes than it may have characters. */
  readonly isLong: boolean;
}

/** A valid batch, and one of the ways to write it in JSON: white space, fields in any order, escapes. */
export const anyBatchText: fc.Arbitrary<BatchText> = fc
  .array(
    fc.record({
      user_id: fc.oneof({ weight: 9, arbitrary: plainText(20) }, anyText(USER_ID_MAX_CHARACTERS)),
      item: fc.oneof({ weight: 9, arbitrary: plainText(30) }, anyText(ITEM_MAX_CHARACTERS)),
      quantity: fc.integer({ min: 1, max: QUANTITY_MAX }),
      fields: fc.shuffledSubarray(["user_id", "item", "quantity"] as const, { minLength: 3 }),
      space,
      escaped: fc.constantFrom("none", "none", "none", "none", "user_id", "item"),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((written) => {
    const orders = written.map(({ user_id, item, quantity }) => ({ user_id, item, quantity }));
    let isLong = false;
    const texts = written.map(({ fields, space, escaped }, index) => {
      const order = orders[index] as OrderRequest;
      const members = fields.map((field) => {
        const value = order[field];
        const json =
          field === escaped && typeof value === "string" ? allEscaped(value) : JSON.stringify(value);
        const most = field === "user_id" ? USER_ID_MAX_CHARACTERS : ITEM_MAX_CHARACTERS;
        isLong ||= Buffer.byteLength(json) - '""'.length > most;
        return `${space}"${field}"${space}:${space}${json}`;
      });
      return `${space}{${members.join(`${space},`)}${space}}${space}`;
    });
    const isEscaped = written.some(({ escaped }) => escaped !== "none");
    return { orders, text: `{"orders":[${texts.join()}]}`, isEscaped, isLong };
  });

/** The event itself, if it is one that writes itself: what it wrote, of the order it says. */
export function placedBy(event: OrderEvent): OrderPlaced {
  return "value" in event ? readWritten(event) : event;
}

function readWritten({ key, value }: WrittenEvent): OrderPlaced {
  const target = Buffer.alloc(value.maxBytes + 2, "?");
  const event = decodeEvent(target.subarray(1, 1 + value.writeTo(target, 1))) as OrderPlaced;
  expect(event.order_id).toBe(key);
  return event;
}

/** The HTTP side over a publisher that remembers what it was given and answers as told. */
export function setUp({
  acknowledge = "acknowledged",
  hosts,
  apiKeys,
  rateLimit,
  tracer,
  tracker,
  bodyMemoryBytes = 16 * 1024 * 1024,
  scans = true,
}: {
  acknowledge?: Acceptance;
  rateLimit?: RateLimit;
  tracer?: Tracer;
  tracker?: OrderTracker;
  bodyMemoryBytes?: number;
  /** Whether orders are read the quick way where they can be. */
  scans?: boolean;
} & Partial<GateOptions> = {}) {
  const published: OrderPlaced[] = [];
  /** Of each send. */
  const recordHeaders: (RecordHeaders | undefined)[] = [];
  const errors: unknown[] = [];
  const state = {
    outcome: "acknowledged" as PublishOutcome | Error,
    batchOutcome: "acknowledged" as BatchOutcome,
    closed: undefined as ClosedReason | undefined,
    isReachable: true,
    /** Outcomes are known once this resolves. */
    isSettling: undefined as Promise<void> | undefined,
  };
  const publisher: Publisher = {
    async publish(event, headers) {
      published.push(placedBy(event));
      recordHeaders.push(headers);
      await state.isSettling;
      if (state.outcome instanceof Error) throw state.outcome;
      return state.outcome;
    },
    async publishBatch(events, headers) {
      published.push(...events.map(placedBy));
      recordHeaders.push(headers);
      await state.isSettling;
      return state.batchOutcome;
    },
  };
  const placeOrder = createOrderPlacer();
  const app = createHttp({
    publisher,
    keyedIntake: createKeyedIntake({ publisher, placeOrder, windowMs: 60_000, maxKeys: 100 }),
    acknowledge,
    gate: createGate({ hosts, apiKeys }),
    tracing: createTracing({ topic: "order-events", tracer }),
    rateLimit,
    bodyMemoryBytes,
    tracker,
    kafkaHealth: {
      check: async () => ({ isReachable: state.isReachable, brokers: state.isReachable ? 3 : 0 }),
    },
    placeOrder,
    scans,
    newOrderId: crypto.randomUUID.bind(crypto),
    closedBecause: () => state.closed,
    onError: (error) => errors.push(error),
  });
  const ask = (path: string, init: RequestInit = {}) =>
    app.handle(new Request(`http://localhost${path}`, init));
  const post = (path: string, body: Body, headers: Record<string, string> = {}) =>
    ask(path, { method: "POST", body, headers: { "content-type": "application/json", ...headers } });
  const postJson = (path: string, value: unknown, headers: Record<string, string> = {}) =>
    post(path, JSON.stringify(value), headers);
  return { app, ask, post, postJson, published, recordHeaders, errors, state };
}

export type Problem = { type: string; title: string; status: number; detail: string } & Record<
  string,
  unknown
>;

/** Checks that an answer is problem JSON of this status, and gives it. */
export async function problemOf(answer: Response, status: number): Promise<Problem> {
  expect(answer.status).toBe(status);
  expect(answer.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await answer.json()) as Problem;
  expect(problem.type).toMatch(/^urn:campus-orders:problem:[a-z-]+$/);
  expect(problem.title).not.toBe("");
  expect(problem.detail).not.toBe("");
  expect(problem.status).toBe(status);
  return problem;
}
