/**
 * Clients that order over HTTP as the README tells them to: each request under an Idempotency-Key of its own, and tried again under the same key,
 * at another instance, until it is answered for good. Every answer goes into the history.
 */
import type { History } from "./history.ts";
import type { Pulse } from "./pulse.ts";
import { createRandom } from "./random.ts";

/** What the producer promises. */
const LATE_MS = 5_000;
/** Longer than any answer may take. */
const ANSWER_TIMEOUT_MS = 15_000;
const RETRY_PAUSE_MS = 200;

export interface LoadOptions {
  readonly urls: readonly string[];
  readonly history: History;
  readonly pulse: Pulse;
  readonly seed: number;
  /** Requests that are begun each second at most. */
  readonly requestsPerSecond: number;
  /** Of the requests this share are batches, of 2 to 20 orders. */
  readonly batchShare?: number;
  /** Requests at once. */
  readonly clients?: number;
  /** The load ends by itself after so many requests. */
  readonly requests?: number;
}

export interface Load {
  /** Requests under way that were last sent to an instance. */
  inFlightAt(producer: number): readonly number[];
  isAnswered(request: number): boolean;
  readonly answered: number;
  /** Attempts that have ended, and those of them that got no answer within five seconds, which is what the producer promises. */
  readonly attempts: number;
  readonly late: number;
  /** Orders in the 202s. */
  readonly orders: number;
  /** The longest that an answer of any kind has taken. */
  readonly slowestAnswerMs: number;
  /** The longest between two 202s. */
  longestSilenceMs(): number;
  /** Answers by status; `null` is none. */
  readonly statuses: ReadonlyMap<number | null, number>;
  /** No new requests; resolves when those under way are answered, or at the deadline. */
  stop(deadlineMs?: number): Promise<void>;
  /** Resolves when all requests asked for are answered. */
  readonly done: Promise<void>;
}

const MENU = ["Burger", "Pizza", "Ramen", "Burrito", "Falafel", "Curry"] as const;

export function startLoad(options: LoadOptions): Load {
  const { urls, history, pulse, seed, requestsPerSecond, batchShare = 0.05, clients = 24 } = options;
  const { requests = Number.POSITIVE_INFINITY } = options;
  const random = createRandom(seed).fork("load");
  const state = {
    ...{ next: 0, answered: 0, orders: 0, attempts: 0, late: 0 },
    ...{ slowestAnswerMs: 0, last202: pulse.nowMs(), silenceMs: 0 },
  };
  const statuses = new Map<number | null, number>();
  const open = new Map<number, number>();
  const ending = new AbortController();
  const givingUp = new AbortController();
  const startedAt = performance.now();

  async function client(): Promise<void> {
    while (!ending.signal.aborted && state.next < requests) {
      const request = state.next++;
      const body = bodyOf(request);
      const dueAt = startedAt + (1_000 * request) / requestsPerSecond;
      await Bun.sleep(Math.max(0, dueAt - performance.now()));
      await untilAnswered(request, body);
    }
  }

  function bodyOf(request: number): { path: string; orders: number; text: string } {
    const order = (index: number) => ({
      user_id: `student-${seed}-${request}-${index}`,
      item: MENU[request % MENU.length],
      quantity: 1 + (request % 5),
    });
    const orders = random.between(0, 1) < batchShare ? random.integer(2, 20) : 1;
    const all = Array.from({ length: orders }, (_, index) => order(index));
    return orders === 1
      ? { path: "/order", orders, text: JSON.stringify(all[0]) }
      : { path: "/orders/batch", orders, text: JSON.stringify({ orders: all }) };
  }

  async function untilAnswered(request: number, body: ReturnType<typeof bodyOf>): Promise<void> {
    for (let attempt = 1; !givingUp.signal.aborted; attempt++) {
      const producer = (request + attempt) % urls.length;
      open.set(request, producer);
      if (await ask(request, attempt, producer, body)) break;
      await Bun.sleep(RETRY_PAUSE_MS);
    }
    open.delete(request);
  }

  /** Whether that was the answer for good. */
  async function ask(
    request: number,
    attempt: number,
    producer: number,
    { path, orders, text }: ReturnType<typeof bodyOf>,
  ): Promise<boolean> {
    const key = `chaos-${seed}-${request}`;
    const sentMs = pulse.nowMs();
    const answer = await postOrder(urls[producer]! + path, key, text);
    const answeredMs = pulse.nowMs();
    const isAccepted = answer.status === 202;
    const orderIds = isAccepted ? answer.orderIds : [];
    const isComplete = orderIds.length === orders;
    const reason =
      answer.reason ??
      (isAccepted && !isComplete ? `${orderIds.length} ids for ${orders} orders` : undefined);
    history.add({
      ...{ request, attempt, key, producer, sentMs, answeredMs, status: answer.status, orderIds },
      ...(reason === undefined ? {} : { reason }),
    });
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    state.attempts++;
    if (answeredMs - sentMs > LATE_MS) state.late++;
    if (answer.status !== null) state.slowestAnswerMs = Math.max(state.slowestAnswerMs, answeredMs - sentMs);
    if (!isAccepted) return false;
    state.silenceMs = Math.max(state.silenceMs, answeredMs - state.last202);
    state.last202 = answeredMs;
    state.answered++;
    state.orders += orderIds.length;
    pulse.accepted(orderIds, sentMs);
    return true;
  }

  const done = Promise.all(Array.from({ length: clients }, client)).then(() => undefined);
  return {
    inFlightAt: (producer) => [...open].filter(([, at]) => at === producer).map(([request]) => request),
    isAnswered: (request) => !open.has(request) && request < state.next,
    get answered() {
      return state.answered;
    },
    get attempts() {
      return state.attempts;
    },
    get late() {
      return state.late;
    },
    get orders() {
      return state.orders;
    },
    get slowestAnswerMs() {
      return state.slowestAnswerMs;
    },
    longestSilenceMs: () =>
      ending.signal.aborted ? state.silenceMs : Math.max(state.silenceMs, pulse.nowMs() - state.last202),
    statuses,
    async stop(deadlineMs = 60_000) {
      ending.abort();
      await Promise.race([done, Bun.sleep(deadlineMs)]);
      givingUp.abort();
      await done;
    },
    done,
  };
}

export interface Answer {
  readonly status: number | null;
  readonly orderIds: readonly string[];
  readonly reason?: string;
}

/** One attempt. Never rejects: what went wrong is in the answer. */
export async function postOrder(url: string, key: string, body: string): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "idempotency-key": `"${key}"` },
      body,
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    const { status } = response;
    const value = (await response.json()) as { order_id?: string; order_ids?: string[]; detail?: string };
    const orderIds = value.order_ids ?? (value.order_id === undefined ? [] : [value.order_id]);
    return status === 202 ? { status, orderIds } : { status, orderIds: [], reason: value.detail ?? "" };
  } catch (error) {
    return { status: null, orderIds: [], reason: error instanceof Error ? error.message : String(error) };
  }
}
