/**
 * One `rd_kafka_t`: created from properties, served on the event loop, destroyed once. Producer, consumer and admin are built on it.
 *
 * Everything librdkafka has to say arrives as events on the client's queue, drained on the main thread when the wake pipe has a byte.
 * Log lines, errors and statistics go to client-reports.ts, requests for a token to token-refresh.ts; results of requests (commits,
 * administration) settle the promise of their request, matched by an integer that travels as the event's opaque; other events go to the
 * owner's `onEvent`.
 */
import type { ClientOptions } from "../config.ts";
import { KafkaError } from "../error.ts";
import { callBlocking } from "./blocking.ts";
import { ClientReports } from "./client-reports.ts";
import { newConf, type Properties } from "./conf.ts";
import { explainCreation } from "./conf-refusal.ts";
import { ErrCode } from "./error-codes.ts";
import { EventType } from "./event-type.ts";
import { NativeMemory, type Pointer, readString } from "./ffi.ts";
import { Handle } from "./handle.ts";
import { errorOf, librdkafka } from "./library.ts";
import { ownQueue, WakePipe } from "./queue.ts";
import { TokenRefresh } from "./token-refresh.ts";

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

/** What librdkafka has still to answer is bounded, should nobody be there to answer for hours. */
const mostGivenUp = 100;

/** Events handled in one go before the event loop gets its turn. */
const eventsPerTurn = 256;

export class NativeClient {
  readonly rk: Handle;
  readonly queue: Handle;
  readonly pipe: WakePipe;
  readonly #options: NativeClientOptions;
  readonly #requests = new Map<number, Request>();
  /** Requests given up here that librdkafka has still to answer. */
  readonly #givenUp = new Set<number>();
  readonly #reports: ClientReports;
  readonly #tokens: TokenRefresh | null;
  #nextRequest = 1;
  #serving = false;

  constructor(options: NativeClientOptions) {
    this.#options = options;
    const lib = librdkafka();
    const consumer = options.type === "consumer";
    const { sasl } = options.handlers;
    const oauth = sasl?.mechanism === "OAUTHBEARER" ? sasl : null;
    this.#reports = new ClientReports({
      ...options,
      ownTokens: oauth !== null,
      onRefused: () => this.#refuseRequests(),
    });
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
          this.#reports.secrets.redact(explainCreation(readString(reason.address) ?? "no reason given")),
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
        secrets: this.#reports.secrets,
        onError: (error) => this.#reports.tokenFailed(error, this.#tokens?.hasToken ?? false),
      });
    let queue: Handle | null = null;
    try {
      if (consumer) lib.rd_kafka_poll_set_consumer(this.rk.pointer);
      lib.rd_kafka_set_log_queue(this.rk.pointer, null);
      queue = ownQueue(
        "event queue",
        consumer
          ? lib.rd_kafka_queue_get_consumer(this.rk.pointer)
          : lib.rd_kafka_queue_get_main(this.rk.pointer),
      );
      this.pipe = new WakePipe(() => this.serve());
      this.pipe.attach(queue.pointer);
      this.queue = queue;
    } catch (error) {
      queue?.release();
      this.rk.release();
      throw error;
    }
    this.serve();
  }

  /** The error after which this instance can do nothing more, if there was one (`rd_kafka_fatal_error`). */
  get fatalError(): KafkaError | null {
    return this.#reports.fatalError;
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
        } catch (error) {
          // A handler of the user's threw: an uncaught error, as from any event handler. Neither the events behind this one nor whoever serves the
          // queue, closing for instance, may suffer for it.
          queueMicrotask(() => {
            throw error;
          });
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
   * @param giveUpAfterMs rejects then with `_TIMED_OUT`, for operations that librdkafka itself must not give up; their answer may come later
   */
  request<T>(
    operation: string,
    send: (opaque: number) => void,
    settle: (event: Pointer) => T,
    { endsWhenRefused = false, giveUpAfterMs }: { endsWhenRefused?: boolean; giveUpAfterMs?: number } = {},
  ): Promise<T> {
    if (giveUpAfterMs !== undefined && this.#givenUp.size >= mostGivenUp) {
      return Promise.reject(
        this.#timedOut(operation, `${mostGivenUp} requests before it were not answered yet`),
      );
    }
    const id = this.#nextRequest++;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const timer =
      giveUpAfterMs === undefined
        ? undefined
        : setTimeout(() => {
            this.#requests.delete(id);
            this.#givenUp.add(id);
            reject(this.#timedOut(operation, `no coordinator answered within ${giveUpAfterMs} ms`));
          }, giveUpAfterMs);
    this.#requests.set(id, {
      operation,
      settle,
      resolve(value) {
        clearTimeout(timer);
        resolve(value);
      },
      reject(error) {
        clearTimeout(timer);
        reject(error);
      },
      endsWhenRefused,
    });
    try {
      send(id);
    } catch (error) {
      this.#requests.delete(id);
      clearTimeout(timer);
      reject(error);
    }
    return promise;
  }

  #timedOut(operation: string, message: string): KafkaError {
    return this.explain(new KafkaError({ code: ErrCode.timedOut, operation, message }));
  }

  /** Resolves after a while. Ends early as an open request does: when the client is closed, or every broker has refused it. */
  pause(operation: string, ms: number): Promise<void> {
    const id = this.#nextRequest++;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#requests.delete(id);
      resolve();
    }, ms);
    this.#requests.set(id, {
      operation,
      settle: () => undefined,
      resolve,
      reject(error) {
        clearTimeout(timer);
        reject(error);
      },
      endsWhenRefused: true,
    });
    return promise;
  }

  /** An error of this client with the reason why no broker was reached, if it waited for one in vain. */
  explain(error: KafkaError): KafkaError {
    return this.#reports.trouble.explain(error);
  }

  /** A broker has answered the owner: what kept this client from its brokers is over. */
  reached(): void {
    this.#reports.trouble.clear();
  }

  /**
   * Destroys the client. Requests still open are rejected. What must be flushed or left was done by the owner before.
   *
   * Destroying joins librdkafka's threads, and one that waits for an answer of a silent broker ends only with its request: so it happens on
   * a thread of its own, and is waited for only so long. Meanwhile nothing here refers to the client any more.
   * @param onDestroyed frees what librdkafka was lent: called once the client is gone, however long that takes
   */
  async destroy(onDestroyed: () => void = () => undefined): Promise<void> {
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
      () => {
        onDestroyed();
        return this.pipe.close();
      },
    );
    const { promise: deadline, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, destroyTimeoutMs);
    await Promise.race([destroyed, deadline]);
    clearTimeout(timer);
  }

  #dispatch(type: number, event: Pointer): void {
    if (type === EventType.log) this.#reports.log(event);
    else if (type === EventType.error) this.#reports.error(event, this.rk.pointer);
    else if (type === EventType.statistics) this.#reports.statistics(event);
    else if (type === EventType.tokenRefresh) void this.#tokens?.refresh();
    else if (ownersEvents.has(type)) this.#options.onEvent(type, event);
    else this.#settle(event);
  }

  /** The result of a request. One that nobody waits for is an automatic commit's, or of a request given up or rejected at closing. */
  #settle(event: Pointer): void {
    const lib = librdkafka();
    const id = lib.rd_kafka_event_opaque(event);
    if (id === null) return;
    this.#givenUp.delete(id);
    const request = this.#requests.get(id);
    if (!request) return;
    this.#requests.delete(id);
    try {
      const code = lib.rd_kafka_event_error(event);
      const reason = this.#reports.secrets.redact(
        lib.rd_kafka_event_error_string(event) ?? "no reason given",
      );
      if (code !== ErrCode.none) throw this.explain(errorOf(code, request.operation, reason));
      this.#reports.trouble.clear();
      request.resolve(request.settle(event) as never);
    } catch (error) {
      request.reject(error);
    }
  }

  /** If every broker refuses this client, some requests need not wait on. */
  #refuseRequests(): void {
    for (const [id, request] of this.#requests) {
      const refusal = request.endsWhenRefused ? this.#reports.trouble.refusal(request.operation) : null;
      if (!refusal) continue;
      this.#requests.delete(id);
      request.reject(refusal);
    }
  }
}
