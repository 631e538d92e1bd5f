/** The history against the log, pure: whether every promise made to a client was kept. */
import type { Told } from "./history.ts";

export interface Promises {
  /** Orders answered 202, each id once. */
  readonly accepted: number;
  /** Requests that were answered 202 in the end, and those that never were. */
  readonly requests: number;
  readonly unanswered: number;
  /** Ids of a 202 that are not in the log. */
  readonly lost: readonly string[];
  /** Ids of a 202 without a decision. */
  readonly undecided: readonly string[];
  /** Keys that were given more than one order id for an order. */
  readonly splitKeys: readonly string[];
  /** Ids given to more than one key. */
  readonly sharedIds: readonly string[];
}

export interface Log {
  has(orderId: string): boolean;
  isDecided(orderId: string): boolean;
}

export function checkPromises(history: readonly Told[], log: Log): Promises {
  /** The answer to each key, and the key of each id. */
  const answers = new Map<string, string>();
  const owners = new Map<string, string>();
  const requests = new Set<number>();
  const answered = new Set<number>();
  const split = new Set<string>();
  const shared = new Set<string>();
  for (const { request, key, status, orderIds } of history) {
    requests.add(request);
    if (status !== 202) continue;
    answered.add(request);
    const answer = orderIds.join(" ");
    if ((answers.get(key) ?? answer) !== answer) split.add(key);
    answers.set(key, answer);
    for (const id of orderIds) {
      if ((owners.get(id) ?? key) !== key) shared.add(id);
      owners.set(id, key);
    }
  }
  const ids = [...owners.keys()];
  return {
    accepted: ids.length,
    requests: requests.size,
    unanswered: requests.size - answered.size,
    lost: ids.filter((id) => !log.has(id)),
    undecided: ids.filter((id) => log.has(id) && !log.isDecided(id)),
    splitKeys: [...split],
    sharedIds: [...shared],
  };
}

/** What is wrong with them, in words; nothing where they were kept. */
export function brokenPromises({ lost, undecided, splitKeys, sharedIds }: Promises): string[] {
  const named = (what: string, which: readonly string[]): string[] =>
    which.length === 0 ? [] : [`${which.length} ${what}: ${which.slice(0, 5).join(", ")}`];
  return [
    ...named("orders answered 202 are not in the log", lost),
    ...named("orders answered 202 were not decided", undecided),
    ...named("keys were given different order ids", splitKeys),
    ...named("order ids were given to different keys", sharedIds),
  ];
}
