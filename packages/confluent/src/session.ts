/**
 * One `rd_kafka_t` between connect and disconnect, with its queues. librdkafka never calls into JavaScript: everything it has to say lies in a
 * queue, and a byte in a pipe wakes the event loop.
 *
 * Two kinds of queues, each kind with a pipe of its own. Log lines, results of requests and requests for a token are served as soon as they come.
 * The main queue (delivery reports, errors, statistics) and the consumer's are served when the owner says so, as the client's
 * JavaScript expects: it polls.
 *
 * Calls that block run on other threads. The client is destroyed after the last of them, and its pipes are closed after that.
 */
import {
  type BlockingCall,
  callBlocking,
  EventType,
  Handle,
  librdkafka,
  NativeMemory,
  ownQueue,
  type Pointer,
  readString,
  WakePipe,
} from "@campus/kafka/native";
import { library } from "./library.ts";

const noConsumerClose = 0x8; // RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE

/** Events handled in one go before the event loop gets its turn. */
const eventsPerTurn = 256;

export interface SessionOptions {
  readonly type: "producer" | "consumer";
  /** Taken by the session, also when it can't be made. */
  readonly conf: Handle;
  /** Kinds of events the owner wants on its queues, besides errors and statistics. */
  readonly events: number;
  /** How requests for OAUTHBEARER tokens are answered: by the owner, by librdkafka itself, or there are none. */
  readonly tokens: "owner" | "library" | "none";
  readonly onLog: (event: Pointer) => void;
  readonly onTokenRefresh: (event: Pointer) => void;
  /** Something came to the main queue or the consumer's. */
  readonly onWake: () => void;
}

/** Why `rd_kafka_new` made no client, in its words. */
export class ConnectError extends Error {}

export class Session {
  readonly rk: Handle;
  readonly name: string;
  readonly main: Handle;
  /** Of a consumer: records, errors of partitions, rebalances. */
  readonly consumer: Handle | null;
  readonly #served: { readonly queue: Handle; readonly onEvent: (event: Pointer) => void }[] = [];
  readonly #results: Handle;
  readonly #wakePipe: WakePipe;
  readonly #servedPipe: WakePipe;
  readonly #requests = new Map<number, (event: Pointer) => void>();
  readonly #underWay = new Set<Promise<unknown>>();
  #onAnswered: (() => void) | null = null;
  #nextRequest = 1;
  #serving = false;
  #closing = false;

  /** @throws ConnectError with librdkafka's reason */
  constructor(options: SessionOptions) {
    const lib = librdkafka();
    const { conf, tokens } = options;
    const reason = new NativeMemory(512);
    try {
      if (tokens !== "none") library().rd_kafka_conf_enable_sasl_queue(conf.pointer, 1);
      lib.rd_kafka_conf_set_events(
        conf.pointer,
        options.events |
          EventType.log |
          EventType.error |
          EventType.statistics |
          (tokens === "owner" ? EventType.tokenRefresh : 0),
      );
      const type = options.type === "consumer" ? 1 : 0;
      const rk = lib.rd_kafka_new(type, conf.pointer, reason.address, reason.size);
      if (!rk) throw new ConnectError(readString(reason.address) ?? "no reason given");
      conf.surrender();
      this.rk = new Handle(options.type, rk, (pointer) => lib.rd_kafka_destroy(pointer));
    } finally {
      conf.release();
    }
    const rk = this.rk.pointer;
    this.name = lib.rd_kafka_name(rk) ?? "";
    this.main = ownQueue("main queue", lib.rd_kafka_queue_get_main(rk));
    this.consumer =
      options.type === "consumer" ? ownQueue("consumer queue", lib.rd_kafka_queue_get_consumer(rk)) : null;
    this.#results = ownQueue("result queue", lib.rd_kafka_queue_new(rk));
    const logs = ownQueue("log queue", lib.rd_kafka_queue_new(rk));
    lib.rd_kafka_set_log_queue(rk, logs.pointer);
    this.#served.push(
      { queue: this.#results, onEvent: (event) => this.#settle(event) },
      { queue: logs, onEvent: options.onLog },
    );
    if (tokens === "owner") {
      const queue = ownQueue("SASL queue", library().rd_kafka_queue_get_sasl(rk));
      this.#served.push({ queue, onEvent: options.onTokenRefresh });
    } else if (tokens === "library") {
      library().rd_kafka_sasl_background_callbacks_enable(rk);
    }
    this.#wakePipe = new WakePipe(() => this.#closing || options.onWake());
    this.#servedPipe = new WakePipe(() => this.#serve());
    this.#wakePipe.attach(this.main.pointer);
    if (this.consumer) this.#wakePipe.attach(this.consumer.pointer);
    for (const { queue } of this.#served) this.#servedPipe.attach(queue.pointer);
    // What came before the pipes were there. Not at once: whoever is called expects the session to be in its place.
    setImmediate(() => {
      this.#serve();
      if (!this.#closing) options.onWake();
    });
  }

  /** The next event of a queue, which the caller destroys; null if there is none, and once the session is closing. */
  poll(queue: Handle): Pointer | null {
    return queue.released ? null : librdkafka().rd_kafka_queue_poll(queue.pointer, 0);
  }

  /** A queue that wakes the owner; the owner releases it before `close`. */
  createQueue(kind: string): Handle {
    const queue = ownQueue(kind, librdkafka().rd_kafka_queue_new(this.rk.pointer));
    this.#wakePipe.attach(queue.pointer);
    return queue;
  }

  /**
   * Starts an asynchronous native operation.
   * @param send gets the integer to pass as opaque, and the queue for the result
   * @param settle gets the result's event, which it must not keep
   * @returns gives the result up: whoever closes the session does not wait for it
   */
  request(send: (opaque: number, queue: Pointer) => void, settle: (event: Pointer) => void): () => void {
    const id = this.#nextRequest++;
    this.#requests.set(id, settle);
    try {
      send(id, this.#results.pointer);
    } catch (error) {
      this.#forget(id);
      throw error;
    }
    return () => this.#forget(id);
  }

  /** Calls a function that blocks, on a thread of its own. What the arguments point to is the caller's to keep until it is done. */
  call(name: BlockingCall["name"], ...args: (number | null)[]): Promise<number | null> {
    const called = callBlocking(name, [...args]);
    const ended: Promise<void> = called.then(
      () => void this.#underWay.delete(ended),
      () => void this.#underWay.delete(ended),
    );
    this.#underWay.add(ended);
    return called;
  }

  /** Destroys the client, once calls and requests under way are over. */
  async close(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    if (this.#requests.size > 0) {
      await new Promise<void>((resolve) => {
        this.#onAnswered = resolve;
      });
    }
    // Whoever waited for them still has things of the client to give back.
    await new Promise((resolve) => setImmediate(resolve));
    this.#closing = true;
    for (const { queue } of this.#served) queue.release();
    this.consumer?.release();
    this.main.release();
    await callBlocking("rd_kafka_destroy_flags", [this.rk.surrender(), noConsumerClose]);
    await Promise.all([this.#wakePipe.close(), this.#servedPipe.close()]);
  }

  #serve(): void {
    if (this.#serving || this.#closing) return;
    this.#serving = true;
    const lib = librdkafka();
    try {
      let served = 0;
      for (const { queue, onEvent } of this.#served) {
        for (; served < eventsPerTurn; served++) {
          const event = lib.rd_kafka_queue_poll(queue.pointer, 0);
          if (!event) break;
          try {
            onEvent(event);
          } finally {
            lib.rd_kafka_event_destroy(event);
          }
        }
      }
      if (served === eventsPerTurn) setImmediate(() => this.#serve());
    } finally {
      this.#serving = false;
    }
  }

  #settle(event: Pointer): void {
    const id = librdkafka().rd_kafka_event_opaque(event);
    const settle = id === null ? undefined : this.#requests.get(id);
    if (id === null || !settle) return;
    this.#forget(id);
    settle(event);
  }

  #forget(id: number): void {
    this.#requests.delete(id);
    if (this.#requests.size === 0) this.#onAnswered?.();
  }
}
