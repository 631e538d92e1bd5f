/**
 * Puts 10,000 orders (or as many as you like) through a running system's HTTP, and accounts for every one: answered 202 with an id that no
 * other has, or listed among the failures. A tool to use by hand, and a function for the tests.
 */
import { parseArgs } from "node:util";
import { numberedOrder, postOrders } from "@campus/cli/order-post";
import { createProgressBar } from "@campus/cli/progress-bar";
import type { OrderRequest } from "@campus/events";
import { runCommand, UsageError, wholeNumber } from "./support/command.ts";

const USAGE = `Usage: bun tests/produce-10k.ts [--url URL] [--orders N] [--batch N] [--connections N] [--json]

Posts orders to a running system and accounts for every one of them.

  --url URL         the producer (default: http://127.0.0.1:8201)
  --orders N        how many orders (default: 10000)
  --batch N         orders a request: 1 goes to /order, more to /orders/batch (default: 1; at most 1000)
  --connections N   requests at once (default: 64)
  --json            the outcome as one JSON object

Exit codes: 0 every order was accepted, 1 some were not, 2 bad arguments.`;

export interface ProduceOptions {
  readonly url: string;
  readonly orders: number;
  /** Orders a request. Default 1. */
  readonly batch?: number;
  /** Requests at once. Default 64. */
  readonly connections?: number;
  /** The order at a place; by default each has a user of its own. */
  readonly orderAt?: (index: number) => OrderRequest;
  /** Called with how many orders have been answered, accepted or not. */
  readonly onProgress?: (answered: number) => void;
}

/** A request that was not answered 202. */
export interface Failure {
  /** The place of its first order, and how many it had. */
  readonly first: number;
  readonly orders: number;
  /** Undefined where there was no answer. */
  readonly status: number | undefined;
  readonly reason: string;
}

export interface Produced {
  /** The id of each order, by its place; undefined where it was not accepted. */
  readonly ids: readonly (string | undefined)[];
  readonly accepted: number;
  /** Ids that were given to more than one order: there must be none. */
  readonly repeatedIds: readonly string[];
  readonly failures: readonly Failure[];
  readonly elapsedMs: number;
  readonly ordersPerSecond: number;
}

/** Posts the orders, each once, and resolves when every one is answered or known not to be. Never rejects for an order's sake. */
export async function produceOrders({
  url,
  orders,
  batch = 1,
  connections = 64,
  orderAt = numberedOrder,
  onProgress = () => {},
}: ProduceOptions): Promise<Produced> {
  const ids = Array<string | undefined>(orders).fill(undefined);
  const failures: Failure[] = [];
  let next = 0;
  let answered = 0;

  async function send(first: number, count: number): Promise<void> {
    const own = Array.from({ length: count }, (_, i) => orderAt(first + i));
    const answer = await postOrders(own, { url });
    if (answer.ids) for (const [i, id] of answer.ids.entries()) ids[first + i] = id;
    else failures.push({ first, orders: count, status: answer.status, reason: answer.reason });
    answered += count;
    onProgress(answered);
  }

  async function connection(): Promise<void> {
    while (next < orders) {
      const first = next;
      next = Math.min(orders, first + batch);
      await send(first, next - first);
    }
  }

  const from = performance.now();
  await Promise.all(Array.from({ length: connections }, connection));
  const elapsedMs = performance.now() - from;
  const known = ids.filter((id) => id !== undefined);
  return {
    ids,
    accepted: known.length,
    repeatedIds: repeated(known),
    failures,
    elapsedMs,
    ordersPerSecond: (1000 * known.length) / elapsedMs,
  };
}

function repeated(ids: readonly string[]): string[] {
  const seen = new Set<string>();
  return ids.filter((id) => seen.size === seen.add(id).size);
}

/** The outcome in words, a line each; failures alike are counted together. */
export function describeProduced({
  accepted,
  ids,
  failures,
  repeatedIds,
  elapsedMs,
  ordersPerSecond,
}: Produced): string {
  const kinds = new Map<string, number>();
  for (const { status, reason, orders } of failures) {
    const kind = `${status ?? "no answer"}: ${reason}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + orders);
  }
  return [
    `${accepted} of ${ids.length} orders accepted in ${(elapsedMs / 1000).toFixed(2)} s: ${Math.round(ordersPerSecond)} orders/s`,
    ...(repeatedIds.length > 0
      ? [`${repeatedIds.length} ids were given twice: ${repeatedIds.slice(0, 5).join(", ")}`]
      : []),
    ...[...kinds].map(([kind, orders]) => `${orders} orders failed with ${kind}`),
  ].join("\n");
}

async function command(): Promise<number> {
  const { values } = parseArgs({
    options: {
      url: { type: "string", default: "http://127.0.0.1:8201" },
      orders: { type: "string", default: "10000" },
      batch: { type: "string", default: "1" },
      connections: { type: "string", default: "64" },
      json: { type: "boolean", default: false },
    },
  });
  const url = values.url.replace(/\/+$/, "");
  if (!URL.canParse(url))
    throw new UsageError(`--url is "${values.url}": it takes an address like http://127.0.0.1:8201`);
  const orders = wholeNumber("orders", values.orders, { min: 1, max: 10_000_000 });
  const bar = createProgressBar(orders);
  const from = performance.now();
  const produced = await produceOrders({
    url,
    orders,
    batch: wholeNumber("batch", values.batch, { min: 1, max: 1000 }),
    connections: wholeNumber("connections", values.connections, { min: 1, max: 1000 }),
    onProgress: (answered) => {
      const rate = Math.round((1000 * answered) / (performance.now() - from));
      bar.update(answered, `${answered} of ${orders} orders, ${rate}/s`);
    },
  });
  bar.clear();
  if (values.json) {
    const { ids: _, ...outcome } = produced;
    console.log(JSON.stringify({ orders, ...outcome }));
  } else console.log(describeProduced(produced));
  return produced.accepted === orders && produced.repeatedIds.length === 0 ? 0 : 1;
}

if (import.meta.main) await runCommand(USAGE, command);
