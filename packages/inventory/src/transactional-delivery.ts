/**
 * Exactly once: decisions, dead letters and the offset of a parcel in one Kafka transaction.
 *
 * Each partition of order-events has a producer of its own whose `transactional.id` names that partition, whichever process holds it. A new owner first
 * registers that id (`settle`), which aborts what its predecessor left open, at once and not after a timeout, and fences it: whoever held the
 * partition before can commit nothing any more. Only then are the committed offsets read. So exactly once rests on two fences, each enough
 * by itself against a zombie: the id's epoch, and the group's generation that travels with the offsets.
 *
 * librdkafka has no transactions v2 (KIP-890), where every transaction has an epoch of its own. Without it a request that was sent twice, because its connection
 * broke or its answer was late, has a twin that may still arrive in the *next* transaction: end it early, or put its older offset there. librdkafka
 * sends again only after `retry.backoff.ms`; a transaction whose end took that long may have twins under way, and is followed by a new
 * epoch, which fences them.
 */
import { DEAD_LETTER_MAX_BYTES, deadLetterTopic, INVENTORY_EVENTS } from "@campus/events";
import {
  type Consumer,
  createTransactionalProducer,
  KafkaError,
  type Transaction,
  type TransactionalProducer,
} from "@campus/kafka";
import type { Delivery, DeliveryContext } from "./delivery.ts";
import type { Parcel } from "./parcel.ts";
import { createTransactionGap } from "./transaction-gap.ts";

export interface TransactionalDeliveryOptions extends DeliveryContext {
  /** Without it, the group's and the partition's names: see above why it must be the same in every process. */
  readonly transactionalId?: string;
  /** Whose membership fences the offsets. */
  readonly member?: Consumer;
  /** Called when all is in the transaction but its commit; an error thrown here aborts it. For tests. */
  readonly beforeCommit?: (parcel: Parcel) => void | Promise<void>;
}

/** The coordinator aborts a transaction that stays open longer: of a process that died and whose partition nobody takes over. */
const TRANSACTION_TIMEOUT_MS = 30_000;
/** A coordinator that moves is found by then, or librdkafka has missed it: a new producer finds it. */
const OFFSETS_TIMEOUT_MS = 3_000;
/** librdkafka's 100 ms are soon over on a busy machine, and each time would cost a new epoch. */
const RETRY_BACKOFF_MS = 500;
/** librdkafka varies the backoff by a fifth. */
const TWIN_AFTER_MS = RETRY_BACKOFF_MS * 0.8;

export function createTransactionalDelivery({
  partition,
  groupId,
  client,
  consumer,
  log,
  counters,
  transactionalId = `${groupId}.${partition.topic}.${partition.partition}`,
  member = consumer,
  beforeCommit,
}: TransactionalDeliveryOptions): Delivery {
  let producer: TransactionalProducer | undefined;
  /** The producer's epoch is its own and nothing is under way from before. */
  let isSettled = false;
  let isKept = false;
  const gap = createTransactionGap();

  /** A call that its caller may have stopped waiting for: librdkafka is not destroyed under it. */
  let underWay: Promise<unknown> = Promise.resolve();

  async function settle(): Promise<number> {
    if (!isSettled) {
      await producer?.abandon();
      producer = createTransactionalProducer({
        ...client,
        transactionalId,
        transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
        offsetsTimeoutMs: OFFSETS_TIMEOUT_MS,
        librdkafka: { "retry.backoff.ms": RETRY_BACKOFF_MS, "message.max.bytes": DEAD_LETTER_MAX_BYTES },
      });
      await producer.initialise();
      isSettled = true;
    }
    const [committed] = await consumer.committed([partition]);
    return committed?.offset ?? -1;
  }

  /** Everything of the parcel, up to the commit. Returns how long the calls took that may have been sent twice. */
  async function fill(transaction: Transaction, parcel: Parcel, signal: AbortSignal): Promise<number> {
    const { topic, partition, nextOffset, decisions } = parcel;
    if (decisions.outcomes.length > 0) transaction.sendBatch(INVENTORY_EVENTS, decisions.outcomes);
    if (decisions.letters.length > 0) transaction.sendBatch(deadLetterTopic(topic), decisions.letters);
    const waitMs = gap.remainingMs();
    if (waitMs > 0) await Bun.sleep(waitMs);
    // From here to the reading of the group's generation inside, nothing else runs: it is one this partition was still held in.
    signal.throwIfAborted();
    const from = performance.now();
    await transaction.sendOffsets(member, [{ topic, partition, offset: nextOffset }]);
    const tookMs = performance.now() - from;
    gap.learn(tookMs < TWIN_AFTER_MS);
    await beforeCommit?.(parcel);
    signal.throwIfAborted();
    return tookMs;
  }

  async function deliver(parcel: Parcel, signal: AbortSignal): Promise<void> {
    if (!isSettled) await settleAt(parcel.firstOffset);
    const transaction = await producer!.begin();
    try {
      const offsetsMs = await fill(transaction, parcel, signal);
      const from = performance.now();
      await transaction.commit();
      gap.ended();
      if (Math.max(offsetsMs, performance.now() - from) >= TWIN_AFTER_MS) isSettled = false;
      counters.transactionEnded("committed");
    } catch (error) {
      isSettled = await wasAborted(transaction, error);
      throw error;
    }
    if (!isKept) await mustBeKept(parcel.nextOffset);
  }

  /** librdkafka's in-process cluster takes offsets in a transaction and forgets them, which nothing else would show. */
  async function mustBeKept(offset: number): Promise<void> {
    const [committed] = await consumer.committed([partition]);
    if ((committed?.offset ?? -1) < offset)
      throw new Error(
        `This cluster forgets the offsets of transactions (${partition.topic}/${partition.partition} stands at ${committed?.offset}, not at ${offset}), as the embedded one does: set INVENTORY_DELIVERY=at-least-once.`,
      );
    isKept = true;
  }

  /** A new epoch between two parcels. What the first one committed is known, so the group must stand there. */
  async function settleAt(offset: number): Promise<void> {
    const committed = await settle();
    if (committed <= offset) return;
    throw new KafkaError({
      code: -172, // _STATE
      operation: "begin transaction",
      message: `the group stands at ${committed} already, not at ${offset}`,
      abortable: true,
    });
  }

  /** Ends a transaction that failed. False where that can't be known: then only a new epoch settles it. */
  async function wasAborted(transaction: Transaction, cause: unknown): Promise<boolean> {
    counters.transactionEnded("aborted");
    if (cause instanceof KafkaError && !cause.abortable) return false;
    const from = performance.now();
    try {
      await transaction.abort();
      return performance.now() - from < TWIN_AFTER_MS;
    } catch (error) {
      log.debug("the abort failed, a new producer settles it: {error}", { error });
      return false;
    }
  }

  return {
    settle() {
      const settling = settle();
      underWay = settling.catch(() => undefined);
      return settling;
    },
    deliver,
    async close() {
      await underWay;
      await producer?.abandon();
    },
  };
}
