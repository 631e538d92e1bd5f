/**
 * Fills the windows of partitions that come in, from the log itself: the records before the committed offset, as many as a window holds. So an order that
 * comes again after a restart or a rebalance is known, whoever decided it the first time.
 */
import { type ClientOptions, createConsumer, type TopicPartition } from "@campus/kafka";
import type { Logger } from "@campus/service";
import { readOrderId } from "./decider.ts";
import type { OrderWindow } from "./order-window.ts";

/** A stretch to read: from `from` up to, not including, `to`. */
export interface Tail extends TopicPartition {
  readonly from: number;
  readonly to: number;
  readonly window: OrderWindow;
}

export interface TailReaderOptions {
  readonly client: ClientOptions;
  readonly groupId: string;
  readonly log: Logger;
  /** Ends the reading. */
  readonly signal: AbortSignal;
  /** Nothing for so long means that there is nothing more: what is left are marks of transactions, which no reader sees. */
  readonly idleTimeoutMs?: number;
}

/** Reads the tails into their windows. @throws KafkaError, the signal's reason */
export async function readTails(
  tails: readonly Tail[],
  { client, groupId, log, signal, idleTimeoutMs = 5_000 }: TailReaderOptions,
): Promise<void> {
  const open = new Map(tails.filter(({ from, to }) => from < to).map((tail) => [keyOf(tail), tail]));
  if (open.size === 0) return;
  // A reader of given partitions: it takes no part in the group.
  await using consumer = createConsumer({
    ...client,
    groupId,
    partitions: [...open.values()].map(({ topic, partition, from }) => ({ topic, partition, offset: from })),
    autoOffsetReset: "earliest",
  });
  const ended = Promise.withResolvers<void>();
  const onAbort = () => ended.resolve();
  signal.addEventListener("abort", onAbort, { once: true });
  let idle = setTimeout(ended.resolve, idleTimeoutMs);
  try {
    const reading = consumer.run((batch) => {
      clearTimeout(idle);
      idle = setTimeout(ended.resolve, idleTimeoutMs);
      const tail = open.get(keyOf(batch));
      if (!tail) return;
      for (const record of batch) {
        if (record.offset >= tail.to) break;
        const orderId = readOrderId(record);
        if (typeof orderId === "string") tail.window.isRepeated(orderId, record.offset);
      }
      if (batch.lastOffset >= tail.to - 1) open.delete(keyOf(tail));
      if (open.size === 0) ended.resolve();
    });
    await Promise.race([ended.promise, reading]);
    signal.throwIfAborted();
  } finally {
    clearTimeout(idle);
    signal.removeEventListener("abort", onAbort);
  }
  for (const { topic, partition } of open.values())
    log.info("nothing readable at the end of what {topic}/{partition} had committed", { topic, partition });
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
