/**
 * Consume, transform, produce, exactly once: the loop around transactions that does the right thing for each class of error.
 *
 * | the error | what is done |
 * |---|---|
 * | abortable | abort, go back to the committed offsets, do the batch again |
 * | unknown outcome, or a broken producer | a new producer with the same id settles the transaction; go back to what is committed |
 * | fenced by a newer producer of the same id | stop: that one has taken over |
 * | the handler's own | abort, stop, reject with it |
 *
 * The batch in hand keeps its partition: a revocation waits for the commit, and a commit after a *lost* assignment is refused by the group's
 * generation.
 */
import type { Batch } from "./batch.ts";
import type { Consumer } from "./consumer.ts";
import { KafkaError } from "./error.ts";
import {
  createTransactionalProducer,
  type Transaction,
  type TransactionalProducer,
  type TransactionalProducerOptions,
} from "./transaction.ts";

/** What `runTransactions` reads, with what it writes, and the work in between. */
export interface RunTransactionsOptions {
  /** Read only by the loop while it runs. It is not closed by it; closing it ends the loop. */
  readonly consumer: Consumer;
  /** The loop creates the producer, replaces it after an unknown outcome, and closes it. */
  readonly producer: TransactionalProducerOptions;
  /** Adds the results of a batch to the transaction; its offsets are added afterwards. Called again after an abort: keep it free of effects. */
  readonly handler: (batch: Batch, transaction: Transaction) => void | Promise<void>;
  /** Told of every transaction that had to be done again. */
  readonly onRetry?: (error: KafkaError) => void;
  /** Attempts at one batch before its error is thrown. Default: no limit. */
  readonly maxAttempts?: number;
}

const fenced = new Set(["_FENCED", "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH"]);
const firstBackoffMs = 50;
const longestBackoffMs = 5_000;

/** Runs until the consumer is closed. @throws what the handler throws, or the error that can't be recovered from */
export async function runTransactions(options: RunTransactionsOptions): Promise<void> {
  const { consumer, maxAttempts = Number.POSITIVE_INFINITY } = options;
  let producer = createTransactionalProducer(options.producer);
  let failures = 0;
  try {
    await producer.initialise();
    for await (const batch of consumer) {
      const failure = await attempt(producer, batch, options);
      if (!failure) {
        failures = 0;
        continue;
      }
      if (!isRecoverable(failure) || ++failures >= maxAttempts) throw failure;
      options.onRetry?.(failure as KafkaError);
      await Bun.sleep(Math.min(longestBackoffMs, firstBackoffMs * 2 ** (failures - 1)));
      if (!(failure as KafkaError).abortable || producer.fatalError)
        producer = await replace(producer, options.producer);
      await rewind(consumer, batch);
    }
  } finally {
    await producer.close();
  }
}

/** One transaction. Returns what went wrong; the transaction is aborted by then, if that was possible. */
async function attempt(
  producer: TransactionalProducer,
  batch: Batch,
  options: RunTransactionsOptions,
): Promise<unknown> {
  let transaction: Transaction | null = null;
  try {
    transaction = await producer.begin();
    await options.handler(batch, transaction);
    const { topic, partition, lastOffset } = batch;
    await transaction.sendOffsets(options.consumer, [{ topic, partition, offset: lastOffset + 1 }]);
    await transaction.commit();
    return null;
  } catch (error) {
    if (!transaction) return error;
    const unknown = error instanceof KafkaError && !error.abortable;
    return unknown ? error : ((await abort(transaction)) ?? error);
  }
}

/** Returns the error of an abort that failed: its transaction needs a new producer. */
async function abort(transaction: Transaction): Promise<unknown> {
  try {
    await transaction.abort();
    return null;
  } catch (error) {
    return error;
  }
}

function isRecoverable(error: unknown): boolean {
  return error instanceof KafkaError && !fenced.has(error.name);
}

async function replace(
  old: TransactionalProducer,
  options: TransactionalProducerOptions,
): Promise<TransactionalProducer> {
  await old.abandon();
  const producer = createTransactionalProducer(options);
  try {
    await producer.initialise();
    return producer;
  } catch (error) {
    await producer.close();
    throw error;
  }
}

/** After an abort librdkafka's consumer stands behind the batch: back to what the group has committed, or to the batch's own beginning. */
async function rewind(consumer: Consumer, { topic, partition, firstOffset }: Batch): Promise<void> {
  const [committed] = await consumer.committed([{ topic, partition }]);
  const offset = committed && committed.offset >= 0 ? committed.offset : firstOffset;
  if (consumer.assignment().some((held) => held.topic === topic && held.partition === partition)) {
    await consumer.seek([{ topic, partition, offset }]);
  }
}
