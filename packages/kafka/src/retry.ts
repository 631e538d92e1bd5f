/**
 * Asking again. Brokers go, leaders and coordinators move, and a request that meets such a moment is answered with "not me" or not at
 * all. That is no answer to the caller's question, so it is asked again, after a short pause, until its time is up. Where a request
 * is for several things (topics, groups, partitions), only those without an answer are.
 */
import { KafkaError } from "./error.ts";
import { ErrCode } from "./native/error-codes.ts";
import type { NativeClient } from "./native/native-client.ts";

/** The broker was the wrong one or not ready, and did nothing. */
const notExecuted: readonly number[] = [
  ErrCode.coordinatorLoadInProgress,
  ErrCode.coordinatorNotAvailable,
  ErrCode.notCoordinator,
  ErrCode.notController,
  ErrCode.throttlingQuotaExceeded,
];

/** The broker asked does not lead the partition, or knows an older or newer leader than this client. */
export const leaderErrors: ReadonlySet<number> = new Set([
  ErrCode.leaderNotAvailable,
  ErrCode.notLeaderForPartition,
  ErrCode.fencedLeaderEpoch,
  ErrCode.unknownLeaderEpoch,
]);

/** The connection went, or the broker left the cluster, with the request on its way. */
const connectionErrors: ReadonlySet<number> = new Set([ErrCode.transport, ErrCode.destroyBroker]);

/** Errors that pass, by what a request does. */
const passing = {
  /** It changes nothing: it may be asked again whatever became of it. */
  reading: new Set([
    ...notExecuted,
    ...leaderErrors,
    ...connectionErrors,
    ErrCode.timedOut,
    ErrCode.requestTimedOut,
    ErrCode.replicaNotAvailable,
    ErrCode.networkException,
    ErrCode.storageError,
    ErrCode.offsetNotAvailable,
    ErrCode.unstableOffsetCommit,
  ]),
  /** It changes something: it is asked again only when the answer says that nothing was done. */
  writing: new Set(notExecuted),
  /** The same for requests that the leaders of partitions answer. */
  writingToLeaders: new Set([...notExecuted, ErrCode.leaderNotAvailable, ErrCode.notLeaderForPartition]),
  /**
   * A commit of a member of the group, which librdkafka takes to the coordinator. One that meets a rebalance was not done; who still has its
   * partition afterwards commits as the member of the new generation.
   */
  committing: new Set([ErrCode.rebalanceInProgress, ErrCode.illegalGeneration, ErrCode.staleMemberEpoch]),
} as const satisfies Record<string, ReadonlySet<number>>;

export interface RetryOptions<Item> {
  /** In words, for errors: `create topics`. */
  readonly operation: string;
  readonly kind: keyof typeof passing;
  /** Of all attempts together. */
  readonly timeoutMs: number;
  /** Puts right what this client takes for true, before it asks again for the items that failed with these errors. */
  readonly cure?: (failed: ReadonlyMap<Item, KafkaError>, timeoutMs: number) => Promise<unknown>;
}

const firstPauseMs = 100;
const longestPauseMs = 1_000;
const shortestAttemptMs = 250;
/** An open transaction's end is moments away, and a consumer that has just been given a partition waits for it. */
const unstablePauseMs = 50;

/** One request as a whole. `ask` gets the time left, in whole milliseconds. */
export async function withRetries<Result>(
  client: NativeClient,
  options: RetryOptions<null>,
  ask: (timeoutMs: number) => Promise<Result>,
): Promise<Result> {
  const [result] = await retryEach(client, options, [null], async (_, leftMs) => [await ask(leftMs)]);
  return result as Result;
}

/**
 * One request for several items. `ask` answers for each it is given, in order, with a result or an error; what it throws is the answer
 * for all of them. The outcome is in the order of `items`, with the error of each that failed for good.
 * @throws KafkaError where it is that of the whole request
 */
export async function retryEach<Item, Result>(
  client: NativeClient,
  options: RetryOptions<Item>,
  items: readonly Item[],
  ask: (items: readonly Item[], timeoutMs: number) => Promise<readonly (Result | KafkaError)[]>,
): Promise<(Result | KafkaError)[]> {
  const { operation, kind, timeoutMs, cure } = options;
  const deadline = performance.now() + timeoutMs;
  const outcomes = new Map<Item, Result | KafkaError>();
  const leftMs = () => Math.max(1, Math.ceil(deadline - performance.now()));
  const reading = kind === "reading";
  let attemptMs = Math.max(shortestAttemptMs, timeoutMs / 8);
  let pauseMs = firstPauseMs;
  for (let open = items; ; ) {
    let refused = false;
    // A request waits for the broker it was made for, also when another has long taken over. So one that may be repeated is, and the last attempt
    // has more than half of the time.
    const mayRepeat = reading && 2 * attemptMs < leftMs();
    const answers = await ask(open, mayRepeat ? Math.ceil(attemptMs) : leftMs()).catch((error: unknown) => {
      if (!(error instanceof KafkaError)) throw error;
      refused = true;
      return open.map(() => error);
    });
    for (const [i, item] of open.entries()) outcomes.set(item, telling(outcomes.get(item), answers[i]!));
    const failed = failedOf(open, outcomes, passing[kind]);
    const unstable = [...failed.values()].every(({ code }) => code === ErrCode.unstableOffsetCommit);
    const waitMs = unstable ? unstablePauseMs : pauseMs;
    if (failed.size === 0 || performance.now() + waitMs >= deadline) {
      const ended = items.map((item) => atTheEnd(client, options, outcomes.get(item)!));
      if (refused && open.length === items.length) throw ended[0];
      return ended;
    }
    await client.pause(operation, waitMs);
    await cure?.(failed, Math.min(leftMs(), Math.ceil(attemptMs)));
    attemptMs *= 2;
    pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    open = [...failed.keys()];
  }
}

/** What a broker said tells more than that time ran out while it was asked once more. */
function telling<Result>(
  before: Result | KafkaError | undefined,
  now: Result | KafkaError,
): Result | KafkaError {
  const ranOut = now instanceof KafkaError && now.code === ErrCode.timedOut;
  return ranOut && before instanceof KafkaError && before.code > 0 ? before : now;
}

function failedOf<Item>(
  open: readonly Item[],
  outcomes: ReadonlyMap<Item, unknown>,
  codes: ReadonlySet<number>,
): Map<Item, KafkaError> {
  const failed = new Map<Item, KafkaError>();
  for (const item of open) {
    const outcome = outcomes.get(item);
    if (outcome instanceof KafkaError && codes.has(outcome.code)) failed.set(item, outcome);
  }
  return failed;
}

/** Connections that broke until the time was up are no answer: that nobody answered in time is what the caller is told. */
function atTheEnd<Result>(
  client: NativeClient,
  { operation, kind }: { operation: string; kind: keyof typeof passing },
  outcome: Result | KafkaError,
): Result | KafkaError {
  if (kind !== "reading" || !(outcome instanceof KafkaError) || !connectionErrors.has(outcome.code)) {
    return outcome;
  }
  const message = "no broker answered in time";
  return client.explain(new KafkaError({ code: ErrCode.timedOut, operation, message, cause: outcome }));
}
