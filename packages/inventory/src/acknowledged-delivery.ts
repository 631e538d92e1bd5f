/**
 * At least once: publish, wait for every acknowledgement, commit. Killed in between, the next owner of the partition publishes the same decisions
 * again; nothing is lost.
 */
import { deadLetterTopic, INVENTORY_EVENTS } from "@campus/events";
import { KafkaError } from "@campus/kafka";
import type { Delivery, DeliveryContext } from "./delivery.ts";
import type { Publisher } from "./publisher.ts";
import { retry } from "./retry.ts";

export interface AcknowledgedDeliveryOptions extends Pick<DeliveryContext, "partition" | "consumer"> {
  /** Shared by the partitions of a process. */
  readonly publisher: Publisher;
  /** How long a commit outwaits a rebalance of the group, in milliseconds. */
  readonly rebalancePatienceMs?: number;
}

/**
 * What a commit is refused with while the group rebalances. Cooperative members keep most of their partitions through
 * that, and then the same commit is taken; of a partition that went, the client itself refuses it.
 */
const REBALANCING: ReadonlySet<string> = new Set(["REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION"]);

export function createAcknowledgedDelivery({
  partition,
  consumer,
  publisher,
  rebalancePatienceMs = 5000,
}: AcknowledgedDeliveryOptions): Delivery {
  return {
    async settle() {
      const [committed] = await consumer.committed([partition]);
      return committed?.offset ?? -1;
    },
    async deliver({ topic, partition, nextOffset, decisions: { outcomes, letters } }, signal) {
      if (letters.length > 0) await publisher.publish(deadLetterTopic(topic), letters, signal);
      if (outcomes.length > 0) await publisher.publish(INVENTORY_EVENTS, outcomes, signal);
      const giveUpAt = performance.now() + rebalancePatienceMs;
      const isRetriable = (error: unknown) =>
        error instanceof KafkaError &&
        !error.fatal &&
        (error.retriable || (REBALANCING.has(error.name) && performance.now() < giveUpAt));
      const commit = () => consumer.commit([{ topic, partition, offset: nextOffset }]);
      await retry(commit, { signal, isRetriable, longestPauseMs: 1000 });
    },
    close: async () => undefined,
  };
}
