/**
 * The inventory's work on one batch: read the orders, decide them, publish the outcomes, and only when those are
 * acknowledged commit the batch. Killed anywhere in between, the batch is decided again, the same way: nothing is lost,
 * an outcome may be published twice.
 */
import { type Codec, decodeEvent, encodeEvent, MalformedEventError, type OrderPlaced } from "@campus/events";
import { KafkaError, type ProducerRecord } from "@campus/kafka";
import {
  type DeadLetter,
  type DeadLetters,
  deadLetterOf,
  type Logger,
  type UnhandledRecord,
} from "@campus/service";
import { GROUP } from "./config.ts";
import type { Publisher } from "./publisher.ts";
import { decide } from "./reservation.ts";
import { retry } from "./retry.ts";

/** What is needed of a consumed batch; `Batch` of `@campus/kafka` is one. */
export interface OrderBatch extends Iterable<UnhandledRecord> {
  readonly topic: string;
  readonly partition: number;
  commit(): Promise<void>;
}

export interface ProcessorOptions {
  readonly publisher: Publisher;
  readonly deadLetters: DeadLetters;
  readonly codec: Codec;
  readonly log: Logger;
  /** Ends the trying, where Kafka does not answer. */
  readonly signal: AbortSignal;
  readonly onDecided?: (count: { readonly reserved: number; readonly failed: number }) => void;
  /** The moment of a decision, ISO-8601. */
  readonly now?: () => string;
  readonly newId?: () => string;
  /** How long a commit outwaits a rebalance of the group, in milliseconds. */
  readonly rebalancePatienceMs?: number;
}

/**
 * What a commit is refused with while the group rebalances. Cooperative members keep most of their partitions through
 * that, and then the same commit is taken; of a partition that went, the client itself refuses it.
 */
const REBALANCING: ReadonlySet<string> = new Set(["REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION"]);

export interface Processor {
  /**
   * Handles one batch, up to its commit. Batches of different partitions may be handled at once; then one is decided
   * while others are on their way.
   * @throws what the publisher or the dead letters throw, a fatal KafkaError, the signal's reason: the batch is then not
   *   committed, and whoever reads its partition next decides it again
   */
  handle(batch: OrderBatch): Promise<void>;
}

/** An event of another topic: it is well-formed, and still nothing this consumer could act on. */
class UnexpectedEventError extends Error {
  override readonly name = "UnexpectedEventError";
}

export function createProcessor({
  publisher,
  deadLetters,
  codec,
  log,
  signal,
  onDecided,
  now = () => new Date().toISOString(),
  newId = () => crypto.randomUUID(),
  rebalancePatienceMs = 5000,
}: ProcessorOptions): Processor {
  function decideAll(batch: OrderBatch): { outcomes: ProducerRecord[]; letters: DeadLetter[] } {
    const outcomes: ProducerRecord[] = [];
    const letters: DeadLetter[] = [];
    const decidedAt = now();
    let reserved = 0;
    for (const record of batch) {
      try {
        const decision = decide(orderIn(record), decidedAt, newId);
        if (decision.success) reserved++;
        outcomes.push({ key: decision.order_id, value: encodeEvent(decision, codec) });
      } catch (error) {
        if (!(error instanceof MalformedEventError || error instanceof UnexpectedEventError)) throw error;
        letters.push(deadLetterOf(record, GROUP, error));
      }
    }
    onDecided?.({ reserved, failed: outcomes.length - reserved });
    return { outcomes, letters };
  }

  return {
    async handle(batch) {
      const { outcomes, letters } = decideAll(batch);
      if (letters.length > 0) await deadLetters.add(letters);
      if (outcomes.length > 0) await publisher.publish(outcomes);
      await commit(batch);
    },
  };

  async function commit(batch: OrderBatch): Promise<void> {
    const giveUpAt = performance.now() + rebalancePatienceMs;
    const isRetriable = (error: unknown) =>
      error instanceof KafkaError &&
      !error.fatal &&
      (error.retriable || (REBALANCING.has(error.name) && performance.now() < giveUpAt));
    try {
      await retry(() => batch.commit(), { signal, isRetriable, longestPauseMs: 1000 });
    } catch (error) {
      if (!(error instanceof KafkaError) || error.fatal) throw error;
      // The group has moved on without us (a rebalance, a session that timed out). What was published stays true.
      const { topic, partition } = batch;
      log.warn("{topic}/{partition} is not committed, its next owner decides the batch again: {error}", {
        topic,
        partition,
        error,
      });
    }
  }
}

function orderIn(record: UnhandledRecord): OrderPlaced {
  const event = decodeEvent(record.value);
  if (event.event_type !== "OrderPlaced") throw new UnexpectedEventError(`${event.event_type} is no order`);
  return event;
}
