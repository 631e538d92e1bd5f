/**
 * One `rd_kafka_t`: created from properties, served on the event loop, destroyed once. Producer, consumer and admin are built on it.
 *
 * Everything librdkafka has to say arrives as events on the client's queue, drained on the main thread when the wake pipe has a byte.
 * Log lines, errors, statistics and requests for a token are handled here; results of requests (commits, administration) settle the
 * promise of their request, matched by an integer that travels as the event's opaque; other events go to the owner's `onEvent`.
 */
import type { ClientOptions, LogLine } from "../config.ts";
import { KafkaError } from "../error.ts";
import { callBlocking } from "./blocking.ts";
import { newConf, type Properties } from "./conf.ts";
import { explainCreation } from "./conf-refusal.ts";
import { ConnectionTrouble, failureIn, readable } from "./connection-trouble.ts";
import { ErrCode } from "./error-codes.ts";
import { EventType } from "./event-type.ts";
import { NativeMemory, type Pointer, readString } from "./ffi.ts";
import { Handle } from "./handle.ts";
import { errorOf, librdkafka } from "./library.ts";
import { ownQueue, WakePipe } from "./queue.ts";
import { Secrets } from "./secrets.ts";
import { TokenRefresh, tokenFailureEcho } from "./token-refresh.ts";

type Request = {
  readonly operation: string;
  readonly settle: (event: Pointer) => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
  readonly endsWhenRefused: boolean;
};

export interface NativeClientOptions {
  readonly type: "producer" | "consumer";
  readonly properties: Properties;
  readonly handlers: Pick<ClientOptions, "onLog" | "onError" | "onStatistics" | "sasl">;
  /** Events beyond log, error and statistics that the owner wants. */
  readonly events: number;
  /** Gets each of those. It must not keep the event. */
  readonly onEvent: (type: number, event: Pointer) => void;
  /** Called after each drain of the queue, also when it was empty: other queues may have something. */
  readonly onWake?: () => void;
}

const ownersEvents: ReadonlySet<number> = new Set([EventType.delivery, EventType.rebalance]);

const defaultTokenTimeoutMs = 10_000;

const noConsumerClose = 0x8; // RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE

/** How long `destroy` waits for librdkafka's threads before it leaves them to end by themselves. */
const destroyTimeoutMs = 1_000;

/** Events handled in one go before the event loop gets its turn. */
const eventsPerTurn = 256;

export class NativeClient {
  readonly rk: Handle;
  readonly queue: Handle;
  readonly pipe: WakePipe;
  readonly #options: NativeClientOptions;
  readonly #requests = new Map<number, Request>();
  readonly #secrets: Secrets;
  readonly #tokens: TokenRefresh | null;
  readonly #trouble = new ConnectionTrouble();
  #nextRequest = 1;
  #serving = false;
  #fatalError: KafkaError | null = null;

  constructor(options: NativeClientOptions) {
    this.#options = options;
    const lib = librdkafka();
    const consumer = options.type === "consumer";
    const { sasl } = options.handlers;
    const oauth = sasl?.mechanism === "OAUTHBEARER" ? sasl : null;
    this.#secrets = new Secrets(options.properties);
    const conf = newConf(options.properties);
    try {
      lib.rd_kafka_conf_set_events(
        conf.pointer,
        options.events |
          (oauth ? EventType.tokenRefresh : 0) |
          EventType.log |
          EventType.error |
          EventType.statistics,
      );
      const reason = new NativeMemory(512);
      const rk = lib.rd_kafka_new(consumer ? 1 : 0, conf.pointer, reason.address, reason.size);
      if (!rk)
        throw errorOf(
          lib.rd_kafka_last_error(),
          `create ${options.type}`,
          this.#secrets.redact(explainCreation(readString(reason.address) ?? "no reason given")),
        );
      conf.surrender();
      this.rk = new Handle(options.type, rk, (pointer) => lib.rd_kafka_destroy(pointer));
    } finally {
      conf.release();
    }
    this.#tokens =
      oauth &&
      new TokenRefresh({
        rk: this.rk,
        token: oauth.token,
        timeoutMs: oauth.tokenTimeoutMs ?? defaultTokenTimeoutMs,
        secrets: this.#secrets,
        onError: (error) => this.#tokenFailed(error),
      });
    if (consumer) lib.rd_kafka_poll_set_consumer(this.rk.pointer);
    lib.rd_kafka_set_log_queue(this.rk.pointer, null);
    this.queue = ownQueue(
      "event queue",
      consumer
        ? lib.rd_kafka_queue_get_consumer(this.rk.pointer)
        : lib.rd_kafka_queue_get_main(this.rk.pointer),
    );
    this.pipe = new WakePipe(() => this.serve());
    this.pipe.attach(this.queue.pointer);
    this.serve();
  }

  /** The error after which this instance can do nothing more, if there was one (`rd_kafka_fatal_error`). */
  get fatalError(): KafkaError | null {
    return this.#fatalError;
  }

  /** Drains the event queue. Never re-entered: an event handler that serves again gets nothing. */
  serve(): void {
    if (this.#serving || this.queue.released) return;
    this.#serving = true;
    const lib = librdkafka();
    try {
      for (let served = 0; ; served++) {
        if (served === eventsPerTurn) {
          setImmediate(() => this.serve());
          break;
        }
        const event = lib.rd_kafka_queue_poll(this.queue.pointer, 0);
        if (!event) break;
        try {
          this.#dispatch(lib.rd_kafka_event_type(event), event);
        } finally {
          lib.rd_kafka_event_destroy(event);
        }
      }
    } finally {
      this.#serving = false;
    }
    this.#options.onWake?.();
  }

  /**
   * Starts an asynchronous native operation.
   * @param send gets the integer to pass as opaque; throws if the operation could not be started
   * @param settle reads the result event; what it returns resolves the promise, what it throws rejects it
   * @param endsWhenRefused rejects as soon as every broker has refused this client, instead of waiting on while it tries again
   */
  request<T>(
    operation: string,
    send: (opaque: number) => void,
    settle: (event: Pointer) => T,
    { endsWhenRefused = false } = {},
  ): Promise<T> {
    const id = this.#nextRequest++;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#requests.set(id, {
      operation,
      settle,
      resolve: resolve as (value: never) => void,
      reject,
      endsWhenRefused,
    });
    try {
      send(id);
    } catch (error) {
      this.#requests.delete(id);
      reject(error);
    }
    return promise;
  }

  /** An error of this client with the reason why no broker was reached, if it waited for one in vain. */
  explain(error: KafkaError): KafkaError {
    return this.#trouble.explain(error);
  }

  /**
   * Destroys the client. Requests still open are rejected. What must be flushed or left was done by the owner before.
   *
   * Destroying joins librdkafka's threads, and one that waits for an answer of a silent broker ends only with its request: so it happens on
   * a thread of its own, and is waited for only so long. Meanwhile nothing here refers to the client any more.
   */
  async destroy(): Promise<void> {
    if (this.rk.released) return;
    this.#tokens?.stop();
    for (const request of this.#requests.values()) {
      request.reject(
        new KafkaError({
          code: ErrCode.state,
          operation: request.operation,
          message: "the client was closed",
        }),
      );
    }
    this.#requests.clear();
    this.serve();
    this.queue.release();
    // The owner of a consumer has left its group by then; destroying must not wait for it a second time.
    const destroyed = callBlocking("rd_kafka_destroy_flags", [this.rk.surrender(), noConsumerClose]).then(
      () => this.pipe.close(),
    );
    const { promise: deadline, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, destroyTimeoutMs);
    await Promise.race([destroyed, deadline]);
    clearTimeout(timer);
  }

  #dispatch(type: number, event: Pointer): void {
    if (type === EventType.log) this.#log(event);
    else if (type === EventType.error) this.#error(event);
    else if (type === EventType.statistics) this.#statistics(event);
    else if (type === EventType.tokenRefresh) void this.#tokens?.refresh();
    else if (ownersEvents.has(type)) this.#options.onEvent(type, event);
    else this.#settle(event);
  }

  /** The result of a request. One that nobody waits for is an automatic commit's, or of a request rejected at closing. */
  #settle(event: Pointer): void {
    const lib = librdkafka();
    const id = lib.rd_kafka_event_opaque(event);
    const request = id === null ? undefined : this.#requests.get(id);
    if (id === null || !request) return;
    this.#requests.delete(id);
    try {
      const code = lib.rd_kafka_event_error(event);
      const reason = this.#secrets.redact(lib.rd_kafka_event_error_string(event) ?? "no reason given");
      if (code !== ErrCode.none) throw this.explain(errorOf(code, request.operation, reason));
      this.#trouble.clear();
      request.resolve(request.settle(event) as never);
    } catch (error) {
      request.reject(error);
    }
  }

  #statistics(event: Pointer): void {
    this.#options.handlers.onStatistics?.(JSON.parse(librdkafka().rd_kafka_event_stats(event)!));
  }

  #log(event: Pointer): void {
    const fields = new NativeMemory(24);
    const lib = librdkafka();
    if (lib.rd_kafka_event_log(event, fields.address, fields.address + 8, fields.address + 16) !== 0) return;
    const line = {
      level: fields.i32[4]!,
      facility: readString(fields.getSize(0)) ?? "",
      message: readable(this.#secrets.redact(readString(fields.getSize(2)) ?? "")),
    };
    const { type, properties } = this.#options;
    const failure = failureIn(line);
    if (failure)
      this.#trouble.note(
        new KafkaError({ code: ErrCode.transport, operation: type, message: failure.words }),
      );
    if (failure?.disconnect && properties["log.connection.close"] === undefined) return;
    this.#say(line);
  }

  #say(line: LogLine): void {
    if (this.#options.handlers.onLog) this.#options.handlers.onLog(line);
    else if (line.level <= 4) console.warn(`librdkafka ${line.facility}: ${line.message}`);
  }

  #error(event: Pointer): void {
    const lib = librdkafka();
    let code = lib.rd_kafka_event_error(event);
    let message = lib.rd_kafka_event_error_string(event) ?? "";
    if (this.#tokens && message.startsWith(tokenFailureEcho)) return;
    const fatal = code === ErrCode.fatal || lib.rd_kafka_event_error_is_fatal(event) !== 0;
    if (fatal) {
      const reason = new NativeMemory(512);
      code = lib.rd_kafka_fatal_error(this.rk.pointer, reason.address, reason.size) || code;
      message = readString(reason.address) || message;
    }
    message = readable(this.#secrets.redact(message));
    const error = new KafkaError({
      code,
      operation: this.#options.type,
      message,
      ...(fatal ? { fatal } : {}),
    });
    if (fatal) this.#fatalError ??= error;
    if (code === ErrCode.allBrokersDown) this.#refuseRequests();
    else this.#trouble.note(error);
    this.#options.handlers.onError?.(error);
  }

  /** Without a first token no broker is asked at all; with one the client lives on it until it expires. */
  #tokenFailed(error: KafkaError): void {
    this.#trouble.note(error);
    if (!this.#tokens?.hasToken) this.#refuseRequests();
    this.#say({ level: 3, facility: "TOKEN", message: error.message });
    this.#options.handlers.onError?.(error);
  }

  /** If every broker refuses this client, some requests need not wait on. */
  #refuseRequests(): void {
    for (const [id, request] of this.#requests) {
      const refusal = request.endsWhenRefused ? this.#trouble.refusal(request.operation) : null;
      if (!refusal) continue;
      this.#requests.delete(id);
      request.reject(refusal);
    }
  }
}
