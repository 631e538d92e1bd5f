/** Orders as a client of the system sends them, and what it is answered. */
import type { OrderRequest } from "@campus/events";

const MENU = ["Burger", "Pizza", "Ramen", "Burrito", "Falafel", "Curry", "Soup of the day"] as const;

/** The order at a place, told from all others by its user. */
export function numberedOrder(index: number): OrderRequest {
  return { user_id: `student-${index}`, item: MENU[index % MENU.length]!, quantity: 1 + (index % 5) };
}

export interface Answer {
  /** Undefined where there was no answer. */
  readonly status: number | undefined;
  /** Of the orders, in their order, where they were accepted. */
  readonly ids?: readonly string[];
  /** Why not. */
  readonly reason: string;
}

export interface PostOptions {
  /** The producer, without a slash at the end. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  /** A service answers within five seconds, in the worst case. */
  readonly timeoutMs?: number;
}

/** One order goes to `/order`, more go to `/orders/batch`. Never rejects: where there is no answer, `reason` says why. */
export async function postOrders(
  orders: readonly OrderRequest[],
  { url, apiKey, timeoutMs = 15_000 }: PostOptions,
): Promise<Answer> {
  const isOne = orders.length === 1;
  try {
    const response = await fetch(url + (isOne ? "/order" : "/orders/batch"), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify(isOne ? orders[0] : { orders }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const { status } = response;
    const value = (await response.json()) as { order_id?: string; order_ids?: string[]; detail?: string };
    if (status !== 202) return { status, reason: value.detail ?? "" };
    const ids = value.order_ids ?? (value.order_id === undefined ? [] : [value.order_id]);
    if (ids.length === orders.length) return { status, ids, reason: "" };
    return { status, reason: `${ids.length} ids for ${orders.length} orders` };
  } catch (error) {
    return { status: undefined, reason: error instanceof Error ? error.message : String(error) };
  }
}
