/**
 * `Producer` of the addon. Messages go to librdkafka one by one, as they are given; what was given along with one (its opaque) waits here under a
 * number until its delivery report comes.
 */
import { cstring, EventType, Handle, librdkafka, type Pointer } from "@campus/kafka/native";
import type { Callback } from "./callbacks.ts";
import { type ConfigurationObject, topicConfiguration } from "./configuration.ts";
import { Connection, finish, requireFunction } from "./connection.ts";
import { DeliveryReports } from "./delivery-report.ts";
import {
  Code,
  errorWithCode,
  failure,
  takeFailure,
  takeTransactionFailure,
  transactionFailure,
} from "./failure.ts";
import { KafkaConsumer } from "./kafka-consumer.ts";
import { bytesOf, headersOf, keyOf, timestampOf } from "./message-arguments.ts";
import { ProduceCall } from "./produce-call.ts";
import { ConnectError, type Session } from "./session.ts";
import { Topic } from "./topic.ts";
import { createList, entriesOf } from "./topic-partitions.ts";

/** Events handled in one go before the event loop gets its turn. */
const eventsPerTurn = 256;

type TransactionCall =
  | "rd_kafka_init_transactions"
  | "rd_kafka_begin_transaction"
  | "rd_kafka_commit_transaction"
  | "rd_kafka_abort_transaction";

export class Producer extends Connection {
  readonly #topics = new Map<string, Handle>();
  readonly #opaques = new Map<number, unknown>();
  readonly #reports = new DeliveryReports();
  readonly #call = new ProduceCall();
  /** Set longer than `session`: calls under way at disconnecting end as any. */
  #drained: Session | null = null;
  #nextOpaque = 1;
  #reportsWithValue = false;
  #background = false;
  /** Calls under way that wait for messages, and so for their reports to be taken. */
  #waiting = 0;
  #drainScheduled = false;

  constructor(...settings: unknown[]) {
    if (settings.length < 2) throw new Error("You must supply global and topic configuration");
    super(settings[0], settings[1]);
  }

  protected override configureCallback(name: string, callback: Callback, add: boolean): void {
    if (name === "delivery_cb" && add && (callback as { dr_msg_cb?: unknown }).dr_msg_cb === true)
      this.#reportsWithValue = true;
    super.configureCallback(name, callback, add);
  }

  connect(callback: unknown): null {
    const done = requireFunction(callback, "Need to specify a callback");
    finish(this.#connect(), done);
    return null;
  }

  async #connect(): Promise<{ name: string }> {
    try {
      const session =
        this.session ??
        this.open({
          type: "producer",
          events: this.callbacks.has("delivery_cb") ? EventType.delivery : 0,
          onWake: () => {
            if (this.#background || this.#waiting > 0) this.#drain();
          },
        });
      this.#drained = session;
      return { name: session.name };
    } catch (error) {
      if (error instanceof ConnectError) throw failure(Code.state, error.message);
      throw error;
    }
  }

  disconnect(callback: unknown): null {
    const done = requireFunction(callback, "Need to specify a callback");
    finish(this.#disconnect(), done);
    return null;
  }

  async #disconnect(): Promise<true> {
    const session = this.detach();
    if (!session) return true;
    this.#background = false;
    for (const topic of this.#topics.values()) topic.release();
    this.#topics.clear();
    await session.close();
    this.#drained = null;
    this.#opaques.clear();
    return true;
  }

  /** Returns librdkafka's code: 0 for a message it took. Arguments that no message can have throw. */
  produce(
    topic: unknown,
    partition: unknown,
    value: unknown,
    key?: unknown,
    timestamp?: unknown,
    opaque?: unknown,
    headers?: unknown,
  ): number {
    const bytes = bytesOf(value);
    const time = timestampOf(timestamp);
    const pairs = headersOf(headers);
    const { session } = this;
    if (!session) return Code.state;
    const handle = this.#topic(topic as string | Topic, session.rk.pointer);
    if (handle === null) return Code.topicException;
    let id = 0;
    // Without a callback no report comes that would take it out again.
    if (opaque !== undefined && this.callbacks.has("delivery_cb")) {
      id = this.#nextOpaque++;
      this.#opaques.set(id, opaque);
    }
    const chosen = partition === null || partition === undefined ? -1 : Math.max(-1, Number(partition) | 0);
    const code = this.#call.produce(session.rk.pointer, handle, chosen, bytes, keyOf(key), time, id, pairs);
    if (code !== Code.none && id !== 0) this.#opaques.delete(id);
    return code;
  }

  /** Takes what the main queue has, soon: reports, errors and statistics go to their callbacks. */
  poll(): true {
    if (!this.session) throw new Error("Producer is disconnected");
    if (!this.#background) this.#scheduleDrain();
    return true;
  }

  setPollInBackground(set: unknown): object {
    if (typeof set !== "boolean") throw new Error("Need to specify a boolean for setting or unsetting");
    if (!this.session) throw new Error("Client is disconnected");
    this.#background = set;
    if (set) this.#scheduleDrain();
    return failure(Code.none);
  }

  /** Kept by the addon without ever being called; the client's JavaScript does not use it. */
  setPartitioner(callback: unknown): true {
    requireFunction(callback, "Need to specify a callback");
    return true;
  }

  flush(timeoutMs: unknown, callback: unknown): null {
    const words = "Need to specify a timeout and a callback";
    const done = requireFunction(callback, words);
    if (typeof timeoutMs !== "number") throw new Error(words);
    finish(this.#flush(timeoutMs | 0), done);
    return null;
  }

  async #flush(timeoutMs: number): Promise<void> {
    const { session } = this;
    if (!session) throw errorWithCode(Code.none, "Producer is disconnected");
    const code = await this.#wait(() => session.call("rd_kafka_flush", session.rk.pointer, timeoutMs));
    if (code) throw errorWithCode(code);
  }

  initTransactions(timeoutMs: unknown, callback: unknown): null {
    return this.#transaction("rd_kafka_init_transactions", timeoutMs, callback);
  }

  beginTransaction(callback: unknown): null {
    const done = requireFunction(callback, "Need to specify a callback");
    const { session } = this;
    const begin = async (): Promise<void> => {
      if (!session) throw failure(Code.state);
      const error = await session.call("rd_kafka_begin_transaction", session.rk.pointer);
      if (error) throw takeFailure(error);
    };
    finish(begin(), done);
    return null;
  }

  commitTransaction(timeoutMs: unknown, callback: unknown): null {
    return this.#transaction("rd_kafka_commit_transaction", timeoutMs, callback);
  }

  abortTransaction(timeoutMs: unknown, callback: unknown): null {
    return this.#transaction("rd_kafka_abort_transaction", timeoutMs, callback);
  }

  sendOffsetsToTransaction(offsets: unknown, consumer: unknown, timeoutMs: unknown, callback: unknown): null {
    if (!Array.isArray(offsets))
      throw new Error("First argument to 'send offsets to transaction' has to be a consumer object");
    if (!(consumer instanceof KafkaConsumer)) throw new Error("Kafka consumer must be provided");
    if (typeof timeoutMs !== "number") throw new Error("Timeout must be provided");
    const done = requireFunction(callback, "Need to specify a callback");
    finish(this.#sendOffsets(offsets, consumer, timeoutMs | 0), done);
    return null;
  }

  async #sendOffsets(offsets: readonly unknown[], consumer: KafkaConsumer, timeoutMs: number): Promise<void> {
    const { session } = this;
    if (!session || !consumer.session) throw transactionFailure(Code.state);
    const lib = librdkafka();
    using list = createList(entriesOf(offsets));
    using metadata = new Handle(
      "group metadata",
      lib.rd_kafka_consumer_group_metadata(consumer.session.rk.pointer),
      (pointer) => lib.rd_kafka_consumer_group_metadata_destroy(pointer),
    );
    const error = await session.call(
      "rd_kafka_send_offsets_to_transaction",
      session.rk.pointer,
      list.pointer,
      metadata.pointer,
      timeoutMs,
    );
    if (error) throw takeTransactionFailure(error);
  }

  #transaction(name: TransactionCall, timeoutMs: unknown, callback: unknown): null {
    const words = "Need to specify a timeout and a callback";
    const done = requireFunction(callback, words);
    if (typeof timeoutMs !== "number") throw new Error(words);
    const { session } = this;
    const call = async (): Promise<void> => {
      if (!session) throw transactionFailure(Code.state);
      const error = await this.#wait(() => session.call(name, session.rk.pointer, timeoutMs | 0));
      if (error) throw takeTransactionFailure(error);
    };
    finish(call(), done);
    return null;
  }

  /** While the call is under way reports are taken as they come: librdkafka waits for that. */
  async #wait(call: () => Promise<number | null>): Promise<number | null> {
    this.#waiting++;
    try {
      this.#scheduleDrain();
      const result = await call();
      // What came last was reported before the call ended, and is told before its callback.
      this.#drain();
      return result;
    } finally {
      this.#waiting--;
    }
  }

  #scheduleDrain(): void {
    if (this.#drainScheduled) return;
    this.#drainScheduled = true;
    setImmediate(() => {
      this.#drainScheduled = false;
      this.#drain();
    });
  }

  #drain(): void {
    const lib = librdkafka();
    for (let served = 0; this.#drained; served++) {
      if (served === eventsPerTurn) {
        this.#scheduleDrain();
        return;
      }
      const event = this.#drained.poll(this.#drained.main);
      if (!event) return;
      try {
        if (lib.rd_kafka_event_type(event) === EventType.delivery) this.#deliver(event);
        else this.report(event);
      } finally {
        lib.rd_kafka_event_destroy(event);
      }
    }
  }

  #deliver(event: Pointer): void {
    this.#reports.read(event, this.#opaques, this.#reportsWithValue, (code, report) =>
      this.callbacks.call("delivery_cb", code, report),
    );
  }

  /** The handle of a topic, opened on first use; null for what can't be a topic's name. */
  #topic(given: string | Topic, rk: Pointer): Pointer | null {
    const name = given instanceof Topic ? given.name() : String(given);
    const known = this.#topics.get(name);
    if (known) return known.pointer;
    const settings: ConfigurationObject | null = given instanceof Topic ? given.configuration : null;
    const lib = librdkafka();
    const conf = settings ? topicConfiguration(settings).surrender() : null;
    const pointer = lib.rd_kafka_topic_new(rk, cstring(name), conf);
    if (!pointer) return null;
    this.#topics.set(name, new Handle("topic", pointer, (rkt) => lib.rd_kafka_topic_destroy(rkt)));
    return pointer;
  }
}
