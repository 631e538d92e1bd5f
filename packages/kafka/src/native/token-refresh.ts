/**
 * Tokens for OAUTHBEARER. librdkafka asks for one by an event, when a client is created and when four fifths of a token's life are over, and
 * connects to no broker before it has one. The user's function is called on the event loop, whoever owns the client and whatever its other
 * threads wait for: an `init_transactions` under way, say, gets its token like anyone.
 *
 * librdkafka asks again only after it was told how the last time went (ten seconds later, if badly): so every call ends, by its result or
 * by its time limit. A token that comes after its limit is taken all the same, unless a newer one is there.
 */
import { type AccessToken, expiryOf, faultOf, type TokenFunction } from "../access-token.ts";
import { KafkaError } from "../error.ts";
import { withStringArray } from "./admin-request.ts";
import { ErrCode } from "./error-codes.ts";
import { cstring, NativeMemory, readString } from "./ffi.ts";
import type { Handle } from "./handle.ts";
import { librdkafka } from "./library.ts";
import type { Secrets } from "./secrets.ts";

export interface TokenRefreshOptions {
  readonly rk: Handle;
  readonly token: TokenFunction;
  readonly timeoutMs: number;
  /** Is told the token in use, so that no message shows it. */
  readonly secrets: Secrets;
  /** Gets every failure. */
  readonly onError: (error: KafkaError) => void;
}

/** How librdkafka's own error begins after `rd_kafka_oauthbearer_set_token_failure`. It says less than what `onError` got. */
export const tokenFailureEcho = "Failed to acquire SASL OAUTHBEARER token: ";

export class TokenRefresh {
  readonly #options: TokenRefreshOptions;
  readonly #underWay = new Set<AbortController>();
  #calls = 0;
  /** The call that the token in use is from. */
  #latest = 0;
  #tokens: readonly string[] = [];
  #stopped = false;

  constructor(options: TokenRefreshOptions) {
    this.#options = options;
  }

  /** Whether there ever was a token. It may have expired. */
  get hasToken(): boolean {
    return this.#latest > 0;
  }

  /** Calls the function once. Never throws: what goes wrong is reported. */
  async refresh(): Promise<void> {
    if (this.#stopped) return;
    const call = ++this.#calls;
    const { timeoutMs } = this.#options;
    const abort = new AbortController();
    this.#underWay.add(abort);
    const timer = setTimeout(() => {
      const late = `the token function gave no token within ${timeoutMs} ms`;
      abort.abort(new Error(late));
      this.#fail(call, late);
    }, timeoutMs);
    try {
      // Not at once: this may be the constructor of the client that the function wants to use.
      await Promise.resolve();
      this.#take(call, await this.#options.token({ signal: abort.signal }));
    } catch (error) {
      // A function that heeds its signal ends with this, and the time limit was reported already.
      const heeded = abort.signal.aborted && (error === abort.signal.reason || isAbortError(error));
      if (!heeded) this.#fail(call, `the token function failed: ${messageOf(error)}`, error);
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(abort);
    }
  }

  /** From now on the function is not called and no result is used: the client is about to be destroyed. */
  stop(): void {
    this.#stopped = true;
    for (const abort of this.#underWay) abort.abort(new Error("the client was closed"));
  }

  #take(call: number, token: AccessToken): void {
    if (this.#gone() || call < this.#latest) return;
    const fault = faultOf(token) ?? this.#set(token);
    if (fault === null) this.#latest = call;
    else this.#fail(call, `the token function failed: ${fault}`);
  }

  /** Hands a token to librdkafka. Returns why it was refused, or null. */
  #set(token: AccessToken): string | null {
    this.#remember(token.token);
    const reason = new NativeMemory(512);
    let code: number = ErrCode.none;
    withStringArray(Object.entries(token.extensions ?? {}).flat(), (extensions, count) => {
      code = librdkafka().rd_kafka_oauthbearer_set_token(
        this.#options.rk.pointer,
        cstring(token.token),
        expiryOf(token),
        cstring(token.principal),
        extensions,
        count,
        reason.address,
        reason.size,
      );
    });
    return code === ErrCode.none ? null : `librdkafka refused its token: ${readString(reason.address)}`;
  }

  /** A connection may still be using the token before this one. */
  #remember(token: string): void {
    const { secrets } = this.#options;
    const [current] = this.#tokens;
    if (token === current) return;
    const kept = current === undefined ? [token] : [token, current];
    for (const old of this.#tokens) if (!kept.includes(old)) secrets.drop(old);
    secrets.add(token);
    this.#tokens = kept;
  }

  #fail(call: number, message: string, cause?: unknown): void {
    if (this.#gone()) return;
    // librdkafka waits for the latest call alone. Its own error, made of these words, is not shown: see tokenFailureEcho.
    if (call === this.#calls) {
      librdkafka().rd_kafka_oauthbearer_set_token_failure(this.#options.rk.pointer, cstring("no token"));
    }
    this.#options.onError(
      new KafkaError({
        code: ErrCode.authentication,
        operation: "get token",
        message: this.#options.secrets.redact(message),
        retriable: true,
        ...(cause === undefined ? {} : { cause }),
      }),
    );
  }

  #gone(): boolean {
    return this.#stopped || this.#options.rk.released;
  }
}

function isAbortError(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
