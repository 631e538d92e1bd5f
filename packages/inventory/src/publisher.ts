/**
 * Decisions on their way into Kafka without a transaction: `publish` resolves when every one of them is acknowledged, however often some have
 * to be sent again, so whoever commits after it never loses one.
 */
import { BatchError, KafkaError, type Producer, type ProducerRecord } from "@campus/kafka";
import type { Logger } from "@campus/service";
import { retry } from "./retry.ts";

export interface PublisherOptions {
  readonly producer: Pick<Producer, "ready" | "sendBatch">;
  readonly log: Logger;
  /** Told of each attempt that has to be repeated. */
  readonly onRetry?: () => void;
  readonly firstPauseMs?: number;
}

export interface Publisher {
  /**
   * Publishes records to a topic. Records that fail are sent again, only they: all of one order go to the same
   * partition and say the same, so their order among the others does not matter.
   * @param signal ends the trying: what is not acknowledged then rejects
   * @throws KafkaError that no repetition can mend (a fatal state, a malformed record); the signal's reason
   */
  publish(topic: string, records: readonly ProducerRecord[], signal: AbortSignal): Promise<void>;
}

export function createPublisher({ producer, log, onRetry, firstPauseMs }: PublisherOptions): Publisher {
  return {
    async publish(topic, records, signal) {
      let left = records;

      async function send(): Promise<void> {
        await producer.ready(left.length);
        await producer.sendBatch(topic, left);
      }

      function isRetriable(error: unknown): boolean {
        if (!(error instanceof KafkaError) || error.fatal) return false;
        if (!(error instanceof BatchError)) return error.retriable;
        // Refused for good or not (a topic missing, no permission), the records themselves are sound, and an
        // operator can mend the rest: until then nothing is committed.
        left = error.failures.flatMap(({ index }) => left[index] ?? []);
        return true;
      }

      await retry(send, {
        signal,
        isRetriable,
        ...(firstPauseMs === undefined ? {} : { firstPauseMs }),
        onRetry(error, pauseMs) {
          onRetry?.();
          log.warn("{count} records are not in {topic}, trying again in {pauseMs} ms: {error}", {
            count: left.length,
            topic,
            pauseMs,
            error,
          });
        },
      });
    },
  };
}
