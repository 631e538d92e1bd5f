/**
 * What producer, consumer and admin client have in common: settings, registered callbacks, the session between connect and disconnect, and the
 * requests that any client can make. Method names, argument checks and their words are those of the addon, whose caller relies on them.
 */
import {
  cstring,
  Handle,
  librdkafka,
  librdkafkaAdmin,
  NativeMemory,
  type Pointer,
  readString,
  withStringArray,
} from "@campus/kafka/native";
import { type Callback, Callbacks, callSafely } from "./callbacks.ts";
import { clientEvent, logEvent } from "./client-events.ts";
import { type ConfigurationObject, clientConfiguration, configured } from "./configuration.ts";
import { Code, type Failure, failure, takeFailure } from "./failure.ts";
import { library } from "./library.ts";
import { readMetadata } from "./metadata.ts";
import { ConnectError, Session, type SessionOptions } from "./session.ts";
import { createList, entriesOf, integer, readResults } from "./topic-partitions.ts";

const globalCallbacks: ReadonlySet<string> = new Set([
  "rebalance_cb",
  "offset_commit_cb",
  "oauthbearer_token_refresh_cb",
]);

export abstract class Connection {
  protected readonly callbacks = new Callbacks();
  readonly #settings: ConfigurationObject;
  readonly #topicSettings: ConfigurationObject | null;
  #session: Session | null = null;

  protected constructor(settings: unknown, topicSettings: unknown) {
    if (typeof settings !== "object" || settings === null)
      throw new Error("Global configuration data must be specified");
    this.#settings = { ...(settings as ConfigurationObject) };
    this.#topicSettings =
      typeof topicSettings === "object" && topicSettings !== null
        ? { ...(topicSettings as ConfigurationObject) }
        : null;
    // Here for its errors alone: connecting may come much later, or never.
    clientConfiguration(this.#settings, this.#topicSettings).release();
  }

  /** @internal The session of a connected client that is not being disconnected. */
  get session(): Session | null {
    return this.#session;
  }

  configureCallbacks(add: unknown, groups: unknown): true {
    if (typeof add !== "boolean" || typeof groups !== "object" || groups === null)
      throw new Error("Need to specify a callbacks object");
    const { global, topic, event } = groups as Record<string, Record<string, unknown> | undefined>;
    for (const name of functionsOf(global)) {
      if (!globalCallbacks.has(name)) throw new Error("Invalid callback type");
    }
    if (functionsOf(topic).length > 0) throw new Error("Invalid callback type");
    for (const group of [global, event]) {
      for (const name of functionsOf(group)) this.configureCallback(name, group![name] as Callback, add);
    }
    return true;
  }

  protected configureCallback(name: string, callback: Callback, add: boolean): void {
    if (add) this.callbacks.add(name, callback);
    else this.callbacks.remove(name, callback);
  }

  getMetadata(options: unknown, callback: unknown): null {
    const done = requireFunction(callback, "Second parameter must be a callback");
    const { topic, allTopics, timeout } = (typeof options === "object" && options ? options : {}) as Record<
      string,
      unknown
    >;
    const name = topic === undefined || topic === null ? "" : String(topic);
    const all = typeof allTopics === "boolean" ? allTopics : true;
    finish(this.#metadata(name, all, integer(timeout, 30_000)), done);
    return null;
  }

  queryWatermarkOffsets(topic: unknown, partition: unknown, timeoutMs: unknown, callback: unknown): null {
    if (typeof topic !== "string") throw new Error("1st parameter must be a topic string");
    if (typeof partition !== "number") throw new Error("2nd parameter must be a partition number");
    if (typeof timeoutMs !== "number") throw new Error("3rd parameter must be a number of milliseconds");
    const done = requireFunction(callback, "4th parameter must be a callback");
    finish(this.#watermarks(topic, partition | 0, timeoutMs | 0), done);
    return null;
  }

  setSaslCredentials(username: unknown, password: unknown): null {
    if (typeof username !== "string") throw new Error("1st parameter must be a username string");
    if (typeof password !== "string") throw new Error("2nd parameter must be a password string");
    const error = library().rd_kafka_sasl_set_credentials(
      this.#required().rk.pointer,
      cstring(username),
      cstring(password),
    );
    if (error) throw takeFailure(error);
    return null;
  }

  setOAuthBearerToken(token: unknown, lifetimeMs: unknown, principal: unknown, extensions: unknown): null {
    if (typeof token !== "string") throw new Error("1st parameter must be a token string");
    if (typeof lifetimeMs !== "number") throw new Error("2nd parameter must be a lifetime_ms number");
    if (typeof principal !== "string") throw new Error("3rd parameter must be a principal_name string");
    if (extensions !== null && extensions !== undefined && !Array.isArray(extensions))
      throw new Error("4th parameter must be an extensions array or null");
    const rk = this.#required().rk.pointer;
    const reason = new NativeMemory(512);
    let code = 0;
    withStringArray((extensions ?? []).map(String), (array, count) => {
      const { address, size } = reason;
      code = librdkafka().rd_kafka_oauthbearer_set_token(
        rk,
        cstring(token),
        Math.trunc(lifetimeMs),
        cstring(principal),
        array,
        count,
        address,
        size,
      );
    });
    if (code !== Code.none) throw failure(code, readString(reason.address));
    return null;
  }

  setOAuthBearerTokenFailure(reason: unknown): null {
    if (typeof reason !== "string") throw new Error("1st parameter must be an error string");
    const rk = this.#required().rk.pointer;
    const code = librdkafka().rd_kafka_oauthbearer_set_token_failure(rk, cstring(reason));
    if (code !== Code.none) throw failure(code);
    return null;
  }

  /** @throws ConnectError with librdkafka's reason */
  protected open(options: Pick<SessionOptions, "type" | "events" | "onWake">): Session {
    const conf = clientConfiguration({ ...this.#settings, "log.queue": true }, this.#topicSettings);
    if (options.type === "consumer" && !configured(conf, "group.id")) {
      conf.release();
      throw new ConnectError('"group.id" must be configured');
    }
    const oauth = configured(conf, "sasl.mechanisms") === "OAUTHBEARER";
    const own = this.callbacks.has("oauthbearer_token_refresh_cb");
    let name = "";
    this.#session = new Session({
      ...options,
      conf,
      tokens: oauth ? (own ? "owner" : "library") : "none",
      onLog: (event) => {
        const log = logEvent(event, name);
        if (log) this.callbacks.call("event_cb", ...log);
      },
      onTokenRefresh: (event) =>
        this.callbacks.call(
          "oauthbearer_token_refresh_cb",
          library().rd_kafka_event_config_string(event) ?? "",
        ),
    });
    name = this.#session.name;
    return this.#session;
  }

  /** From now on the client counts as disconnected. Returns its session, which the caller closes. */
  protected detach(): Session | null {
    const session = this.#session;
    this.#session = null;
    return session;
  }

  /** Hands an error or statistics of the main queue to `event_cb`. */
  protected report(event: Pointer): void {
    const report = clientEvent(event);
    if (report) this.callbacks.call("event_cb", ...report);
  }

  protected findOffsets(
    name: "rd_kafka_committed" | "rd_kafka_offsets_for_times",
    partitions: readonly unknown[],
    timeoutMs: unknown,
    done: Callback,
  ): void {
    const timeout = typeof timeoutMs === "number" ? timeoutMs | 0 : 1_000;
    const list = createList(entriesOf(partitions));
    const find = async (): Promise<object[]> => {
      try {
        const session = this.#required();
        const code = (await session.call(name, session.rk.pointer, list.pointer, timeout)) ?? 0;
        if (code !== Code.none) throw failure(code);
        return readResults(list.pointer);
      } finally {
        list.release();
      }
    };
    finish(find(), done);
  }

  /** @throws Failure `_STATE` for a client that is not connected */
  #required(): Session {
    const { session } = this;
    if (!session) throw failure(Code.state);
    return session;
  }

  async #metadata(topic: string, all: boolean, timeoutMs: number): Promise<object> {
    const lib = librdkafka();
    const session = this.#required();
    const rk = session.rk.pointer;
    const only = topic === "" ? null : lib.rd_kafka_topic_new(rk, cstring(topic), null);
    const out = new NativeMemory(8);
    try {
      const code = await session.call("rd_kafka_metadata", rk, all ? 1 : 0, only, out.address, timeoutMs);
      if (code) throw failure(code);
    } finally {
      if (only) lib.rd_kafka_topic_destroy(only);
    }
    using metadata = new Handle("metadata", out.getSize(0), (pointer) =>
      librdkafkaAdmin().rd_kafka_metadata_destroy(pointer),
    );
    return readMetadata(metadata.pointer);
  }

  async #watermarks(topic: string, partition: number, timeoutMs: number): Promise<object> {
    const session = this.#required();
    const name = cstring(topic);
    // One block: what is read afterwards keeps the name reachable during the call.
    const out = new NativeMemory(16 + name.length);
    out.bytes.set(name, 16);
    const code = await session.call(
      "rd_kafka_query_watermark_offsets",
      session.rk.pointer,
      out.address + 16,
      partition,
      out.address,
      out.address + 8,
      timeoutMs,
    );
    if (code) throw failure(code);
    return { lowOffset: out.getSize(0), highOffset: out.getSize(2) };
  }
}

/** Calls `done(null, result)` or `done(error)`, never before the caller's own call is over. */
export function finish(promise: Promise<unknown>, done: Callback): void {
  promise.then(
    (result) => (result === undefined ? callSafely(done, null) : callSafely(done, null, result)),
    (error: Failure | Error) => callSafely(done, error),
  );
}

export function requireFunction(value: unknown, otherwise: string): Callback {
  if (typeof value !== "function") throw new Error(otherwise);
  return value as Callback;
}

function functionsOf(group: Record<string, unknown> | undefined): string[] {
  return Object.entries(group ?? {}).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
}
