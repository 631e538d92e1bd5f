/**
 * Why a client does not reach its brokers. librdkafka keeps trying and tells each failed attempt to `onError`; a call that waits
 * meanwhile ends with no more than "timed out". Here the two come together: the last failed attempt is kept, for the errors of such calls.
 */
import type { LogLine } from "../config.ts";
import { KafkaError } from "../error.ts";
import { ErrCode } from "./error-codes.ts";

/** Only a change of settings helps: a wrong password, a certificate that nobody trusts. */
const refusals: ReadonlySet<number> = new Set([ErrCode.authentication, ErrCode.ssl]);

const connectionErrors: ReadonlySet<number> = new Set([...refusals, ErrCode.transport, ErrCode.resolve]);

/** What an operation that waited in vain for a broker ends with. */
const vain: ReadonlySet<number> = new Set([ErrCode.timedOut, ErrCode.messageTimedOut, ErrCode.transport]);

/** librdkafka tells an error that repeats itself twice a minute: what is older than this may be over. */
const memoryMs = 60_000;

export class ConnectionTrouble {
  #last: { readonly error: KafkaError; readonly at: number } | null = null;

  /** Keeps the error if it is one of connecting. */
  note(error: KafkaError): void {
    if (connectionErrors.has(error.code)) this.#last = { error, at: performance.now() };
  }

  /** A broker has answered. */
  clear(): void {
    this.#last = null;
  }

  /** The error of an operation that need not wait on, because the last attempt to connect was refused; else null. */
  refusal(operation: string): KafkaError | null {
    const cause = this.#recent;
    if (cause === null || !(refusals.has(cause.code) || certificateAlert.test(cause.message))) return null;
    return new KafkaError({ code: cause.code, operation, message: wordsOf(cause), cause });
  }

  /** `error`, with the reason for it if it waited in vain and there is one. */
  explain(error: KafkaError): KafkaError {
    const cause = this.#recent;
    if (cause === null || !vain.has(error.code)) return error;
    const { code, operation, retriable, fatal, abortable, possiblyPersisted } = error;
    return new KafkaError({
      ...{ code, operation, retriable, fatal, abortable, possiblyPersisted, cause },
      message: `${wordsOf(error)}; the last attempt to connect: ${wordsOf(cause)}`,
    });
  }

  get #recent(): KafkaError | null {
    return this.#last !== null && performance.now() - this.#last.at < memoryMs ? this.#last.error : null;
  }
}

/** A message without the operation before it and the name after it. */
function wordsOf({ message, operation, name }: KafkaError): string {
  return message.slice(`${operation}: `.length, -` (${name})`.length);
}

/** What librdkafka advises whenever a certificate is not accepted, also if it is one for another host. */
export const untrusted =
  "verify that ssl.ca.location is correctly configured or root CA certificates are installed";

/** After it, in brackets, how to install them on the system it was built for. */
const untrustedHere = new RegExp(`${untrusted.replaceAll(".", "\\.")}(?: \\([^)]*\\))?`);

/** TLS alerts by which a broker turns down the client's certificate, or the lack of one. */
const certificateAlert = /SSL alert number (?:4[2-6]|48|116)\b/;

/** What a broker without TLS does to a client with it; librdkafka guesses so itself most of the time, and says it in the middle. */
const closedInHandshake = /SSL connection closed by peer(?= \(after \d+ms in state SSL_HANDSHAKE)/;

/** librdkafka's words with advice in terms of this package's options, and for the other likely reason. */
export function readable(message: string): string {
  return message
    .replace(
      untrustedHere,
      "its authority must be trusted (tls.ca or tls.caFile; else the system's ca-certificates), and it must name this host",
    )
    .replace(
      certificateAlert,
      "$&: the broker wants a certificate of this client that it trusts (tls.certFile, tls.keyFile)",
    )
    .replace(closedInHandshake, "$&: connecting to a PLAINTEXT broker listener?");
}

/**
 * What a log line tells of a connection that failed without an error event; null for other lines. Brokers close connections that were idle,
 * so a `disconnect` is mostly noise; but a broker that expects TLS or SASL closes those that come without, and this is all there is to tell.
 */
export function failureIn(line: LogLine): { readonly words: string; readonly disconnect: boolean } | null {
  const { level, facility, message } = line;
  if (facility !== "FAIL" || level <= errorLevel || level >= debugLevel) return null;
  const words = message.replace(/^\[thrd:[^\]]*\]: /, "");
  const disconnect = words.includes(": Disconnected");
  return { words: disconnect ? `${words}${likelyReason(words)}` : words, disconnect };
}

const errorLevel = 3;
const debugLevel = 7;

function likelyReason(words: string): string {
  const [, ms, state] = /\(after (\d+)ms in state (\w+)/.exec(words) ?? [];
  if (state === "APIVERSION_QUERY") return "; a listener that expects TLS does so (see tls)";
  const atOnce = state === "UP" && Number(ms) < 2_000 && !words.startsWith("sasl_");
  return atOnce ? "; a listener that expects SASL does so (see sasl)" : "";
}
