/**
 * Transactions one after the other, and what becomes of one that goes wrong. The caller always learns whether its transaction came to be: it did
 * (resolved), it did not (rejected), or it did or did not and is settled (rejected with UnsettledError): then what is committed tells.
 *
 * | what failed | what is done |
 * |---|---|
 * | anything before the commit, or a commit that can be aborted | abort; if that fails too, a new producer of the same id aborts it |
 * | a commit of unknown outcome, or a broken producer at the commit | a new producer of the same id: Kafka settles what the old one left before it takes the new one in |
 */
import { setTimeout as pause } from "node:timers/promises";
import { KafkaError, type Transaction, type TransactionalProducer } from "@campus/kafka";

/** What is needed of a producer; `TransactionalProducer` is one. */
export type TransactionClient = Pick<
  TransactionalProducer,
  "begin" | "initialise" | "abandon" | "close" | "fatalError"
>;

export interface TransactionsOptions {
  /** A producer, always with the same transactional id. */
  readonly createProducer: () => TransactionClient;
  /** Told of a transaction whose outcome has to be found out. */
  readonly onUnsettled?: (error: unknown) => void;
  /** Pause between two attempts to settle a transaction, in milliseconds. */
  readonly retryMs?: number;
}

export interface Transactions {
  /** Runs `work` within a transaction and commits it. Calls are served one after the other. */
  run(work: (transaction: Transaction) => void | Promise<void>): Promise<void>;
  /** Aborts what is open. A call of `run` after this rejects. */
  close(): Promise<void>;
}

/** The commit's outcome was unknown; by now the transaction is settled, one way or the other. */
export class UnsettledError extends Error {
  override readonly name = "UnsettledError";
}

export function createTransactions({
  createProducer,
  onUnsettled,
  retryMs = 500,
}: TransactionsOptions): Transactions {
  let producer: TransactionClient | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const closing = new AbortController();

  /** What the producer has open is left to the next one. */
  async function dropProducer(): Promise<void> {
    const old = producer;
    producer = undefined;
    await old?.abandon();
  }

  async function begin(): Promise<Transaction> {
    closing.signal.throwIfAborted();
    producer ??= createProducer();
    try {
      return await producer.begin();
    } catch (error) {
      if (producer.fatalError || !(error instanceof KafkaError && error.retriable)) await dropProducer();
      throw error;
    }
  }

  async function abort(transaction: Transaction): Promise<void> {
    try {
      if (!producer?.fatalError) return await transaction.abort();
    } catch {
      // The next producer of this id aborts it, at the latest its timeout does. Nobody ever reads it.
    }
    await dropProducer();
  }

  async function settle(): Promise<void> {
    for (;;) {
      await dropProducer();
      closing.signal.throwIfAborted();
      producer = createProducer();
      try {
        return await producer.initialise();
      } catch {
        await pause(retryMs, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  }

  async function runOne(work: (transaction: Transaction) => void | Promise<void>): Promise<void> {
    const transaction = await begin();
    try {
      await work(transaction);
    } catch (error) {
      await abort(transaction);
      throw error;
    }
    try {
      await transaction.commit();
    } catch (error) {
      if (error instanceof KafkaError && error.abortable) {
        await abort(transaction);
        throw error;
      }
      onUnsettled?.(error);
      await settle();
      throw new UnsettledError(error instanceof Error ? error.message : String(error), { cause: error });
    }
  }

  return {
    run(work) {
      const done = last.then(() => runOne(work));
      last = done.catch(() => {});
      return done;
    },
    async close() {
      closing.abort(new Error("the transactions are closed"));
      await last;
      await producer?.close();
      producer = undefined;
    },
  };
}
