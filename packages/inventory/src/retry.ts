/**
 * Trying again, with patience: what fails for Kafka's sake is repeated after a growing pause, until it succeeds, can't
 * succeed any more, or the process ends.
 */
import { setTimeout as delay } from "node:timers/promises";

export interface RetryOptions {
  /** Ends the trying, also in the middle of an attempt: `retry` rejects with its reason. */
  readonly signal: AbortSignal;
  /** Whether another attempt can help; may note what is left to do. */
  readonly isRetriable: (error: unknown) => boolean;
  /** Told of each failure that is followed by another attempt. */
  readonly onRetry?: (error: unknown, pauseMs: number) => void;
  /** The first pause; each further one is twice as long. */
  readonly firstPauseMs?: number;
  readonly longestPauseMs?: number;
}

/** The result of the first attempt that succeeds; rejects with the first error that is not retriable. */
export async function retry<T>(
  attempt: () => Promise<T>,
  { signal, isRetriable, onRetry, firstPauseMs = 100, longestPauseMs = 5_000 }: RetryOptions,
): Promise<T> {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    signal.throwIfAborted();
    try {
      return await unlessAborted(attempt(), signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isRetriable(error)) throw error;
      onRetry?.(error, pauseMs);
    }
    await pause(pauseMs, signal);
  }
}

/** Waits. @throws the signal's reason as soon as it fires */
export async function pause(pauseMs: number, signal: AbortSignal): Promise<void> {
  // Its own error is a wrapped one; the signal's reason is what the caller knows.
  await delay(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** The result, or the signal's reason as soon as that fires. The work itself goes on, unheard. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", onAbort));
}
