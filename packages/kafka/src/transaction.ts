/**
 * Transactions (KIP-98, KIP-447): records to any topics, and the offsets they were made from, become visible together or not at all.
 *
 * librdkafka's transaction calls block until the coordinator has answered, so each runs on a thread of its own (native/blocking.ts). Records of a
 * transaction have no acknowledgement each: a failed one fails the commit. That is why `send` returns nothing to wait for.
 *
 * librdkafka has no transactions v2 (KIP-890): after a call whose outcome is unknown (a timeout, a lost connection) the producer's idea of the
 * transaction may differ from the coordinator's. `KafkaError.retriable` without `abortable` says so; the remedy is a new producer with
 * the same `transactionalId`, whose first call completes or aborts what the old one left. `runTransactions` does that.
 */
import { type ProducerOptions, transactionalProperties } from "./config.ts";
import type { Consumer } from "./consumer.ts";
import { KafkaError } from "./error.ts";
import { callBlocking } from "./native/blocking.ts";
import { ErrCode } from "./native/error-codes.ts";
import type { Pointer } from "./native/ffi.ts";
import type { Handle } from "./native/handle.ts";
import { errorOf, takeError } from "./native/library.ts";
import { NativeClient } from "./native/native-client.ts";
import { createPartitionList } from "./native/partition-list.ts";
import { Staging } from "./native/staging.ts";
import { produceTagged } from "./native/tagged-record.ts";
import { checkOptions } from "./option-check.ts";
import type { ProducerRecord, TopicPartitionOffset } from "./record.ts";
import { checkRecord, unwritten } from "./record-check.ts";
import { TopicHandles } from "./topic-handles.ts";

/** Options of `createTransactionalProducer`: a producer's, with acks and idempotence set by the transactions. */
export interface TransactionalProducerOptions extends Omit<ProducerOptions, "acks" | "idempotent"> {
  /** Names the producer across restarts (`transactional.id`): a newer one with the same id fences the older and settles what it left. */
  readonly transactionalId: string;
  /** The coordinator aborts a transaction that takes longer (`transaction.timeout.ms`; brokers take up to 15 min). Default 30 000 ms. */
  readonly transactionTimeoutMs?: number;
  /**
   * How long putting offsets into a transaction may take before it is given up as of unknown outcome, at most `transactionTimeoutMs`. It takes milliseconds, or seconds
   * while the group's coordinator moves, which librdkafka 2.15 may miss for good: then this is how long the producer stands still. Default 10 000 ms.
   */
  readonly offsetsTimeoutMs?: number;
}

/** `transaction.timeout.ms` bounds the call. */
const remainingTime = -1;
/** librdkafka keeps to the time it is given, but for one call (see `#call`). What it is late by on a busy machine is no reason to give it up. */
const graceMs = 1_000;
/** How long closing waits for a call that does not come back. */
const closeTimeoutMs = 1_000;

/** Sends records in transactions, one at a time. */
export class TransactionalProducer implements AsyncDisposable {
  readonly #client: NativeClient;
  readonly #topics: TopicHandles;
  readonly #staging: Staging;
  readonly #timeoutMs: number;
  readonly #offsetsTimeoutMs: number;
  /** Calls that librdkafka has not come back from: the client is destroyed after them, never under them. */
  readonly #calls = new Set<Promise<unknown>>();
  #initialised: Promise<void> | null = null;
  #current: Transaction | null = null;
  #refusal: KafkaError | null = null;
  #closing: Promise<void> | null = null;

  /** @internal Use `createTransactionalProducer`. */
  constructor(options: TransactionalProducerOptions) {
    this.#timeoutMs = options.transactionTimeoutMs ?? 30_000;
    this.#offsetsTimeoutMs = Math.min(options.offsetsTimeoutMs ?? 10_000, this.#timeoutMs);
    this.#client = new NativeClient({
      type: "producer",
      properties: transactionalProperties(options),
      handlers: options,
      events: 0,
      onEvent: () => undefined,
    });
    this.#topics = new TopicHandles(this.#client.rk);
    // It learns the fate of its records by the transaction's, all at once: what lending them saves is within the noise then.
    this.#staging = new Staging(null, (_slot, index, _bytes, code) => {
      this.#refusal ??= abortable(errorOf(code, `produce record ${index}`));
    });
  }

  /** The error after which this producer is of no more use: fenced by a newer one, or broken. */
  get fatalError(): KafkaError | null {
    return this.#client.fatalError;
  }

  /** Registers with the coordinator, which completes or aborts what a predecessor left. `begin` does it by itself the first time. */
  initialise(): Promise<void> {
    this.#initialised ??= this.#call(
      "rd_kafka_init_transactions",
      [this.#timeoutMs],
      "init transactions",
    ).catch((error) => {
      this.#initialised = null;
      throw error;
    });
    return this.#initialised;
  }

  /**
   * Begins a transaction; one at a time. `await using` aborts it when the block is left without a commit.
   * @throws KafkaError `_STATE` while another is open; `fatal` when this producer has been fenced
   */
  async begin(): Promise<Transaction> {
    if (this.#closing) throw stateError("begin transaction", "the producer is closed");
    if (this.#current)
      throw stateError("begin transaction", "a transaction is open: commit or abort it first");
    await this.initialise();
    await this.#call("rd_kafka_begin_transaction", [], "begin transaction");
    this.#refusal = null;
    this.#current = new Transaction({
      send: (topic, records) => this.#send(topic, records),
      sendOffsets: (consumer, offsets) => this.#sendOffsets(consumer, offsets),
      commit: () => this.#commit(),
      abort: () => this.#abort(),
    });
    return this.#current;
  }

  /** Aborts an open transaction and destroys the producer. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Destroys the producer and leaves an open transaction to the next one with the same id, or to its timeout. */
  abandon(): Promise<void> {
    this.#current = null;
    return this.close();
  }

  async #close(): Promise<void> {
    // An abort that fails leaves the transaction to its timeout or to the next producer of this id: no record of it is ever read.
    if (this.#current) await this.#abort().catch(() => undefined);
    const destroyed = Promise.allSettled(this.#calls).then(() => {
      this.#topics.release();
      return this.#client.destroy();
    });
    await within(closeTimeoutMs, destroyed);
  }

  #send(topic: string, records: readonly ProducerRecord[]): void {
    const handle = this.#topics.get(topic);
    for (let i = 0; i < records.length; i++) checkRecord(records[i]!, i);
    for (let i = 0; i < records.length && !this.#refusal; i++) this.#stage(handle, records[i]!, i);
    this.#staging.flush();
    if (this.#refusal) throw this.#refusal;
  }

  #stage(handle: Pointer, record: ProducerRecord, index: number): void {
    try {
      // Not in a batch where a partition is chosen by hand: while it does not know the topic yet, librdkafka's rd_kafka_produce_batch enters the
      // partition "unassigned" (-1) into the transaction, which brokers refuse until the transaction has timed out.
      if (record.headers === undefined && record.timestamp === undefined && record.partition === undefined) {
        this.#staging.add(handle, record.key ?? null, record.value, -1, 0, index);
        return;
      }
      this.#staging.flush();
      const { error } = produceTagged(this.#client.rk.pointer, handle, record, 0, index);
      if (error) this.#refusal ??= abortable(error);
    } catch (thrown) {
      this.#refusal ??= abortable(unwritten(thrown));
    }
  }

  async #sendOffsets(consumer: Consumer, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const list = createPartitionList(offsets);
    // Read now, not earlier: it carries the generation that fences a member the group has moved on without.
    const metadata = consumer.groupMetadata();
    const timeoutMs = this.#offsetsTimeoutMs;
    await this.#call(
      "rd_kafka_send_offsets_to_transaction",
      [list.pointer, metadata.pointer, timeoutMs],
      "send offsets",
      { timeoutMs, owned: [list, metadata] },
    );
  }

  async #commit(): Promise<void> {
    if (this.#refusal) throw this.#refusal;
    await this.#call("rd_kafka_commit_transaction", [remainingTime], "commit transaction");
    this.#current = null;
  }

  async #abort(): Promise<void> {
    await this.#call("rd_kafka_abort_transaction", [remainingTime], "abort transaction");
    this.#current = null;
  }

  /**
   * librdkafka 2.15 may never come back from putting offsets into a transaction: its lookup of the group's coordinator has no deadline, and when it fails at
   * the wrong moment waits for the next change of any connection. Such a call is given up with an error that says that nothing is known; the client then
   * lives on until it does come back.
   */
  async #call(
    name: Parameters<typeof callBlocking>[0],
    args: number[],
    operation: string,
    { timeoutMs = this.#timeoutMs, owned = [] }: { timeoutMs?: number; owned?: readonly Handle[] } = {},
  ): Promise<void> {
    const call = callBlocking(name, [this.#client.rk.pointer, ...args])
      .then((error) => (error ? takeError(error, operation) : null))
      .finally(() => {
        for (const handle of owned) handle.release();
        this.#calls.delete(call);
      });
    this.#calls.add(call);
    const error = await within(timeoutMs + graceMs, call);
    if (error === undefined) {
      const message = `librdkafka has not come back within ${timeoutMs + graceMs} ms`;
      throw new KafkaError({ code: ErrCode.timedOut, operation, retriable: true, message });
    }
    if (error) throw this.#client.explain(error);
  }
}

/** What the work gives, or undefined when that takes longer. */
async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), timeoutMs);
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

interface TransactionCalls {
  readonly send: (topic: string, records: readonly ProducerRecord[]) => void;
  readonly sendOffsets: (consumer: Consumer, offsets: readonly TopicPartitionOffset[]) => Promise<void>;
  readonly commit: () => Promise<void>;
  readonly abort: () => Promise<void>;
}

/** An open transaction. It ends with `commit` or `abort`, once. */
export class Transaction implements AsyncDisposable {
  readonly #calls: TransactionCalls;
  #ended = false;

  /** @internal */
  constructor(calls: TransactionCalls) {
    this.#calls = calls;
  }

  /** Adds a record. Throws when it is refused at once (queue full, too large); any other failure fails the commit. */
  send(topic: string, record: ProducerRecord): void {
    this.sendBatch(topic, [record]);
  }

  /** Adds records, in order. Throws as `send` does; those before the refused one are part of the transaction. */
  sendBatch(topic: string, records: readonly ProducerRecord[]): void {
    this.#mustBeOpen("produce");
    this.#calls.send(topic, records);
  }

  /** The offsets these records were made from, committed for the consumer's group together with them. */
  sendOffsets(consumer: Consumer, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    this.#mustBeOpen("send offsets");
    return this.#calls.sendOffsets(consumer, offsets);
  }

  /**
   * Makes everything visible. @throws KafkaError `abortable`: call `abort` and do the work again; `fatal`: this producer is fenced or broken;
   * `retriable` alone: the outcome is unknown, see the head of this module
   */
  async commit(): Promise<void> {
    this.#mustBeOpen("commit transaction");
    await this.#calls.commit();
    this.#ended = true;
  }

  /** Gives everything up: nobody who reads committed records sees any of it, and its offsets are not committed. */
  async abort(): Promise<void> {
    this.#mustBeOpen("abort transaction");
    await this.#calls.abort();
    this.#ended = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#ended) await this.abort();
  }

  #mustBeOpen(operation: string): void {
    if (this.#ended) throw stateError(operation, "this transaction has ended");
  }
}

function abortable(error: KafkaError): KafkaError {
  const { code, operation, retriable } = error;
  return new KafkaError({
    code,
    operation,
    retriable,
    message: "a record was refused",
    abortable: true,
    cause: error,
  });
}

function stateError(operation: string, message: string): KafkaError {
  return new KafkaError({ code: ErrCode.state, operation, message });
}

/** Creates a transactional producer. It connects in the background. @throws KafkaError `_INVALID_ARG` for a bad option */
export function createTransactionalProducer(options: TransactionalProducerOptions): TransactionalProducer {
  checkOptions("transactional producer", options);
  return new TransactionalProducer(options);
}
