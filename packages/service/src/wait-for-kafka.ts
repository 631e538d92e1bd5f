/** Patience at the start: a service that comes up before Kafka waits for it and says so. */
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "./log.ts";

export interface WaitForKafkaOptions<T> {
  /** What needs Kafka; rejects while it can't be reached. */
  attempt: () => Promise<T>;
  /** The brokers, for the message. */
  brokers: readonly string[];
  log: Logger;
  /** Ends the wait: `waitForKafka` rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Pause between two attempts, in milliseconds. */
  retryMs?: number;
  /** Pause between two messages, in milliseconds. */
  messageMs?: number;
  /** Gives up after this many milliseconds, with the last error; without it, never. */
  giveUpMs?: number;
  /** Whether another attempt can help; without it, always. */
  isRetriable?: (error: unknown) => boolean;
}

/** The result of the first attempt that succeeds. */
export async function waitForKafka<T>({
  attempt,
  brokers,
  log,
  signal,
  retryMs = 1000,
  messageMs = 5000,
  giveUpMs = Number.POSITIVE_INFINITY,
  isRetriable = () => true,
}: WaitForKafkaOptions<T>): Promise<T> {
  const startedAt = performance.now();
  let saidAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const result = await attempt();
      if (saidAt >= startedAt) log.info("Kafka answers", { brokers: brokers.join(",") });
      return result;
    } catch (error) {
      const now = performance.now();
      if (!isRetriable(error) || now - startedAt >= giveUpMs) throw error;
      if (now - saidAt >= messageMs) {
        saidAt = now;
        log.warn("waiting for Kafka at {brokers} (KAFKA_BROKER): {error}", {
          brokers: brokers.join(","),
          error,
        });
      }
    }
    await delay(retryMs, undefined, signal === undefined ? {} : { signal }).catch(() =>
      signal?.throwIfAborted(),
    );
  }
}
