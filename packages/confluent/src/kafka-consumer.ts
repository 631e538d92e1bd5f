/** `KafkaConsumer` of the addon. Its records come by consumption.ts, its offsets go by commit.ts. */
import {
  cstring,
  EventType,
  type Handle,
  librdkafka,
  NativeMemory,
  type Pointer,
} from "@campus/kafka/native";
import { assignEntries, takeList } from "./assignment.ts";
import { closeConsumer } from "./close-consumer.ts";
import { commitAndWait, commitLater } from "./commit.ts";
import { Connection, finish, requireFunction } from "./connection.ts";
import { ConsumeCall, ConsumeLoop, ConsumeOne, type Taker } from "./consume-call.ts";
import { Consumption } from "./consumption.ts";
import { Code, describe, failure, takeFailure } from "./failure.ts";
import { library } from "./library.ts";
import { ConnectError, type Session } from "./session.ts";
import {
  createList,
  type Entry,
  elementsOf,
  entriesOf,
  entryOf,
  readEventPartitions,
  readResults,
  topicOf,
} from "./topic-partitions.ts";

export class KafkaConsumer extends Connection {
  #consumption: Consumption | null = null;
  /** While disconnecting: partitions are still given back. */
  #closing: { readonly session: Session; readonly wake: () => void } | null = null;
  #subscribed = false;

  constructor(...settings: unknown[]) {
    if (settings.length < 2) throw new Error("You must supply global and topic configuration");
    super(settings[0], settings[1]);
  }

  connect(callback: unknown): null {
    const done = requireFunction(callback, "Need to specify a callback");
    finish(this.#connect(), done);
    return null;
  }

  async #connect(): Promise<{ name: string }> {
    if (this.session) return { name: this.session.name };
    try {
      const session = this.open({
        type: "consumer",
        events:
          (this.callbacks.has("rebalance_cb") ? EventType.rebalance : 0) |
          (this.callbacks.has("offset_commit_cb") ? EventType.offsetCommit : 0),
        onWake: () => this.#wake(),
      });
      this.#consumption = new Consumption({ session, onEvent: this.#onEvent });
      return { name: session.name };
    } catch (error) {
      // The one error of the addon's that has no code.
      throw error instanceof ConnectError ? new Error(error.message) : error;
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
    this.#subscribed = false;
    const closing = closeConsumer(session, this.#onEvent);
    this.#closing = { session, wake: closing.wake };
    this.#consumption?.stop();
    this.#consumption = null;
    try {
      await closing.closed;
    } finally {
      this.#closing = null;
      await session.close();
    }
    return true;
  }

  #wake(): void {
    this.#closing?.wake();
    this.#consumption?.wake();
    this.callbacks.call("queue_non_empty_cb");
  }

  #onEvent = (type: number, event: Pointer): void => {
    if (type !== EventType.rebalance && type !== EventType.offsetCommit) {
      this.report(event);
      return;
    }
    const lib = librdkafka();
    const code = lib.rd_kafka_event_error(event);
    const partitions = readEventPartitions(lib.rd_kafka_event_topic_partition_list(event));
    const name = type === EventType.rebalance ? "rebalance_cb" : "offset_commit_cb";
    this.callbacks.call(name, code === Code.none ? undefined : code, partitions);
  };

  // Subscription and assignment

  subscribe(topics: unknown): number {
    if (!Array.isArray(topics)) throw new Error("First parameter must be an array");
    if (!this.session) return Code.state;
    const names = topics.map((topic) => (topic instanceof RegExp ? topic.source : String(topic)));
    using list = createList(names.map((topic) => ({ topic, partition: -1, offset: -1001 })));
    const code = librdkafka().rd_kafka_subscribe(this.session.rk.pointer, list.pointer);
    if (code === Code.none) this.#subscribed = true;
    return code;
  }

  unsubscribe(): number {
    if (this.session && this.#subscribed) {
      librdkafka().rd_kafka_unsubscribe(this.session.rk.pointer);
      this.#subscribed = false;
    }
    return Code.none;
  }

  subscription(): string[] | number {
    if (!this.session) return Code.state;
    const out = new NativeMemory(8);
    const code = library().rd_kafka_subscription(this.session.rk.pointer, out.address);
    if (code !== Code.none) return code;
    using list = takeList(out);
    return elementsOf(list.pointer).map(topicOf);
  }

  assign(partitions: unknown): true {
    const entries = assignEntries(partitions);
    const code = this.session
      ? this.#withList(entries, (list, rk) => librdkafka().rd_kafka_assign(rk, list))
      : Code.state;
    if (code !== Code.none) throw new Error(describe(code));
    return true;
  }

  unassign(): true {
    const session = this.session ?? this.#closing?.session;
    if (!session) throw new Error("KafkaConsumer is disconnected");
    const code = librdkafka().rd_kafka_assign(session.rk.pointer, null);
    if (code !== Code.none) throw new Error(describe(code));
    return true;
  }

  incrementalAssign(partitions: unknown): true {
    const entries = assignEntries(partitions);
    if (!this.session) throw failure(Code.state, "KafkaConsumer is disconnected");
    using list = createList(entries);
    const error = librdkafka().rd_kafka_incremental_assign(this.session.rk.pointer, list.pointer);
    if (error) throw takeFailure(error);
    return true;
  }

  incrementalUnassign(partitions: unknown): true {
    const entries = assignEntries(partitions);
    const session = this.session ?? this.#closing?.session;
    if (!session) throw failure(Code.state);
    using list = createList(entries);
    const error = librdkafka().rd_kafka_incremental_unassign(session.rk.pointer, list.pointer);
    if (error) throw takeFailure(error);
    return true;
  }

  assignments(): object[] | number {
    if (!this.session) return Code.state;
    const out = new NativeMemory(8);
    const code = librdkafka().rd_kafka_assignment(this.session.rk.pointer, out.address);
    if (code !== Code.none) return code;
    using list = takeList(out);
    return readResults(list.pointer);
  }

  assignmentLost(): boolean {
    const session = this.session ?? this.#closing?.session;
    return session !== undefined && librdkafka().rd_kafka_assignment_lost(session.rk.pointer) !== 0;
  }

  rebalanceProtocol(): string {
    if (!this.session) return "NONE";
    return librdkafka().rd_kafka_rebalance_protocol(this.session.rk.pointer) ?? "NONE";
  }

  // Records

  /** `consume(timeout, count, waitForFirst, callback)` or, for one record, `consume(timeout, callback)`. */
  consume(timeoutMs: unknown, count: unknown, waitForFirst?: unknown, callback?: unknown): null {
    if (typeof count !== "number") {
      this.#take(new ConsumeOne(patience(timeoutMs), requireFunction(count, "Need to specify a callback")));
      return null;
    }
    if (typeof waitForFirst !== "boolean") throw new Error("Need to specify a boolean");
    const done = requireFunction(callback, "Need to specify a callback");
    const options = { timeoutMs: patience(timeoutMs), count: count >>> 0, waitForFirst, callback: done };
    this.#take(new ConsumeCall(options));
    return null;
  }

  #take(taker: Taker): void {
    if (this.#consumption) {
      this.#consumption.add(taker);
    } else {
      taker.error(Code.state, "KafkaConsumer is not connected");
      setImmediate(() => taker.deliver());
    }
  }

  /** The sleep after an empty poll, the second argument, is not needed here: the queue itself wakes the loop. */
  consumeLoop(timeoutMs: unknown, sleepMs: unknown, callback: unknown): null {
    if (typeof timeoutMs !== "number") throw new Error("Need to specify a timeout");
    if (typeof sleepMs !== "number") throw new Error("Need to specify a sleep delay");
    const done = requireFunction(callback, "Need to specify a callback");
    if (this.#consumption?.looping) throw new Error("Consume was already called");
    if (!this.#consumption) throw new Error("Connect must be called before consume");
    this.#consumption.startLoop(new ConsumeLoop(done));
    return null;
  }

  pause(partitions: unknown): number {
    return this.#applyTo(partitions, librdkafka().rd_kafka_pause_partitions);
  }

  resume(partitions: unknown): number {
    return this.#applyTo(partitions, librdkafka().rd_kafka_resume_partitions);
  }

  seek(partition: unknown, timeoutMs: unknown, callback: unknown): null {
    if (typeof partition !== "object" || partition === null)
      throw new Error("Topic partition must be an object");
    if (typeof timeoutMs !== "number" && timeoutMs !== null) throw new Error("Timeout must be a number.");
    const done = requireFunction(callback, "Callback must be a function");
    const entry = entryOf(partition);
    if (!entry) throw new Error("Invalid topic partition provided");
    // Without any time librdkafka would not wait for the seek at all.
    finish(this.#seek(entry, Math.max(10, (timeoutMs ?? 0) | 0)), done);
    return null;
  }

  async #seek({ topic, partition, offset }: Entry, timeoutMs: number): Promise<void> {
    const { session } = this;
    if (!session) throw failure(Code.state, "KafkaConsumer is not connected");
    const lib = librdkafka();
    const rkt = lib.rd_kafka_topic_new(session.rk.pointer, cstring(topic), null);
    if (!rkt) throw failure(lib.rd_kafka_last_error());
    try {
      const code = await session.call("rd_kafka_seek", rkt, partition, offset, timeoutMs);
      if (code) throw failure(code);
    } finally {
      lib.rd_kafka_topic_destroy(rkt);
    }
  }

  // Offsets

  /** Hands the offsets over; `offset_commit_cb` tells how it went. */
  commit(offsets?: unknown): number {
    const list = this.#offsets(offsets);
    return commitLater(this.#connected(), list, this.callbacks.has("offset_commit_cb"));
  }

  /** Blocks this thread until the broker answered. */
  commitSync(offsets?: unknown): number {
    const list = this.#offsets(offsets);
    const session = this.#connected();
    return commitAndWait(session, list, (event) => {
      if (!this.callbacks.has("offset_commit_cb")) return;
      const code = librdkafka().rd_kafka_event_error(event);
      const partitions = readEventPartitions(librdkafka().rd_kafka_event_topic_partition_list(event));
      setImmediate(() =>
        this.callbacks.call("offset_commit_cb", code === Code.none ? undefined : code, partitions),
      );
    });
  }

  /** The callback says, as the addon's does, that the offsets were handed over; `offset_commit_cb` tells how it went. */
  commitCb(offsets: unknown, callback: unknown): null {
    this.#connected();
    const words = "First argument should be an array or null and second one a callback";
    const done = requireFunction(callback, words);
    if (offsets !== null && !Array.isArray(offsets)) throw new Error(words);
    const entries = offsets === null ? null : entriesOf(offsets);
    const commit = async (): Promise<void> => {
      const code = commitLater(this.#connected(), entries, this.callbacks.has("offset_commit_cb"));
      if (code !== Code.none) throw failure(code);
    };
    finish(commit(), done);
    return null;
  }

  #offsets(offsets: unknown): Entry[] | null {
    this.#connected();
    if (offsets === null || offsets === undefined) return null;
    if (Array.isArray(offsets)) return entriesOf(offsets);
    if (typeof offsets !== "object") throw new Error("First parameter must be an object or an array");
    return entriesOf([offsets]);
  }

  #connected(): Session {
    if (!this.session) throw new Error("KafkaConsumer is disconnected");
    return this.session;
  }

  offsetsStore(offsets: unknown): number {
    if (!Array.isArray(offsets)) throw new Error("Topic partition must be an array of objects");
    return this.#store(entriesOf(offsets));
  }

  offsetsStoreSingle(topic: unknown, partition: unknown, offset: unknown, leaderEpoch: unknown): number {
    return this.#store([
      {
        topic: String(topic),
        partition: Number(partition),
        offset: Math.trunc(Number(offset)),
        leaderEpoch: typeof leaderEpoch === "number" ? leaderEpoch : -1,
      },
    ]);
  }

  #store(entries: readonly Entry[]): number {
    if (!this.session || !this.#subscribed) return Code.state;
    return this.#withList(entries, (list, rk) => library().rd_kafka_offsets_store(rk, list));
  }

  committed(partitions: unknown, timeoutMs: unknown, callback: unknown): null {
    if (!Array.isArray(partitions)) throw new Error("Need to specify an array of topic partitions");
    this.findOffsets(
      "rd_kafka_committed",
      partitions,
      timeoutMs,
      requireFunction(callback, "Need a callback"),
    );
    return null;
  }

  offsetsForTimes(partitions: unknown, timeoutMs: unknown, callback: unknown): null {
    if (!Array.isArray(partitions)) throw new Error("Need to specify an array of topic partitions");
    const done = requireFunction(callback, "Need a callback");
    this.findOffsets("rd_kafka_offsets_for_times", partitions, timeoutMs, done);
    return null;
  }

  position(partitions: unknown): object[] | number {
    if (!Array.isArray(partitions)) throw new Error("Need to specify an array of topic partitions");
    if (!this.session) return Code.state;
    using list = createList(entriesOf(partitions));
    const code = librdkafka().rd_kafka_position(this.session.rk.pointer, list.pointer);
    return code === Code.none ? readResults(list.pointer) : code;
  }

  getWatermarkOffsets(topic: unknown, partition: unknown): object | number {
    if (typeof topic !== "string") throw new Error("1st parameter must be a topic string");
    if (typeof partition !== "number") throw new Error("2nd parameter must be a partition number");
    if (!this.session) return Code.state;
    const out = new NativeMemory(16);
    const code = librdkafka().rd_kafka_get_watermark_offsets(
      this.session.rk.pointer,
      cstring(topic),
      partition | 0,
      out.address,
      out.address + 8,
    );
    return code === Code.none ? { lowOffset: out.getSize(0), highOffset: out.getSize(2) } : code;
  }

  #applyTo(partitions: unknown, apply: (rk: Pointer, list: Pointer) => number): number {
    if (!Array.isArray(partitions)) throw new Error("Topic partition must be an array of objects");
    return this.session ? this.#withList(entriesOf(partitions), (list, rk) => apply(rk, list)) : Code.state;
  }

  #withList(entries: readonly Entry[], apply: (list: Pointer, rk: Pointer) => number): number {
    using list: Handle = createList(entries);
    return apply(list.pointer, this.session!.rk.pointer);
  }
}

/** How long to wait: negative is for ever. */
function patience(timeoutMs: unknown): number {
  const milliseconds = Number(timeoutMs) | 0;
  return milliseconds < 0 ? Number.POSITIVE_INFINITY : milliseconds;
}
