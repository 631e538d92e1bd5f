/**
 * How long to wait between the end of a transaction and the offsets of the next. The coordinator answers a commit once it is decided, and completes it
 * afterwards: offsets that come before that are refused, and librdkafka tries again only after `retry.backoff.ms`, hundreds of
 * milliseconds in which orders wait. How long completing takes is up to the cluster, so it is found out: twice the wait each time it was too short, a
 * five-thousandth less each time it was not: a wait too short costs half a second, one too long some milliseconds.
 */

const LEAST_MS = 1;
const MOST_MS = 64;
const DECAY = 0.9998;

export interface TransactionGap {
  /** A transaction has ended. */
  ended(): void;
  /** Milliseconds still to wait. */
  remainingMs(): number;
  /** The offsets of the next one went through at once, or they did not. */
  learn(wasLongEnough: boolean): void;
}

export function createTransactionGap(now: () => number = () => performance.now()): TransactionGap {
  let waitMs = 16;
  let endedAt = Number.NEGATIVE_INFINITY;
  return {
    ended() {
      endedAt = now();
    },
    remainingMs: () => Math.max(0, endedAt + waitMs - now()),
    learn(wasLongEnough) {
      waitMs = Math.min(MOST_MS, Math.max(LEAST_MS, wasLongEnough ? waitMs * DECAY : waitMs * 2));
    },
  };
}
