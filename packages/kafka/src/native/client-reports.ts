/**
 * What librdkafka has to tell about a client rather than about one call: log lines, errors, statistics. Read from their events, freed of
 * secrets, handed to the owner's handlers, and remembered as far as calls that fail later can be explained by it.
 */
import type { ClientOptions, LogLine } from "../config.ts";
import { KafkaError } from "../error.ts";
import type { Properties } from "./conf.ts";
import { ConnectionTrouble, failureIn, readable } from "./connection-trouble.ts";
import { ErrCode } from "./error-codes.ts";
import { NativeMemory, type Pointer, readString } from "./ffi.ts";
import { librdkafka } from "./library.ts";
import { Secrets } from "./secrets.ts";
import { tokenFailureEcho } from "./token-refresh.ts";

export interface ClientReportsOptions {
  readonly type: "producer" | "consumer";
  readonly properties: Properties;
  readonly handlers: Pick<ClientOptions, "onLog" | "onError" | "onStatistics">;
  /** Whether tokens come from a function, which reports its own failures. */
  readonly ownTokens: boolean;
  /** Called when no broker lets this client in, before the error goes to its handler. */
  readonly onRefused: () => void;
}

export class ClientReports {
  readonly secrets: Secrets;
  readonly trouble = new ConnectionTrouble();
  readonly #options: ClientReportsOptions;
  #fatalError: KafkaError | null = null;

  constructor(options: ClientReportsOptions) {
    this.#options = options;
    this.secrets = new Secrets(options.properties);
  }

  /** The error after which the client can do nothing more, if there was one (`rd_kafka_fatal_error`). */
  get fatalError(): KafkaError | null {
    return this.#fatalError;
  }

  statistics(event: Pointer): void {
    this.#options.handlers.onStatistics?.(JSON.parse(librdkafka().rd_kafka_event_stats(event)!));
  }

  log(event: Pointer): void {
    const fields = new NativeMemory(24);
    const lib = librdkafka();
    if (lib.rd_kafka_event_log(event, fields.address, fields.address + 8, fields.address + 16) !== 0) return;
    const line = {
      level: fields.i32[4]!,
      facility: readString(fields.getSize(0)) ?? "",
      message: readable(this.secrets.redact(readString(fields.getSize(2)) ?? "")),
    };
    const { type, properties } = this.#options;
    const failure = failureIn(line);
    if (failure)
      this.trouble.note(new KafkaError({ code: ErrCode.transport, operation: type, message: failure.words }));
    if (failure?.disconnect && properties["log.connection.close"] === undefined) return;
    this.#say(line);
  }

  error(event: Pointer, rk: Pointer): void {
    const lib = librdkafka();
    let code = lib.rd_kafka_event_error(event);
    let message = lib.rd_kafka_event_error_string(event) ?? "";
    if (this.#options.ownTokens && message.startsWith(tokenFailureEcho)) return;
    const fatal = code === ErrCode.fatal || lib.rd_kafka_event_error_is_fatal(event) !== 0;
    if (fatal) {
      const reason = new NativeMemory(512);
      code = lib.rd_kafka_fatal_error(rk, reason.address, reason.size) || code;
      message = readString(reason.address) || message;
    }
    const error = new KafkaError({
      code,
      operation: this.#options.type,
      message: readable(this.secrets.redact(message)),
      ...(fatal ? { fatal } : {}),
    });
    if (fatal) this.#fatalError ??= error;
    if (code === ErrCode.allBrokersDown) this.#options.onRefused();
    else this.trouble.note(error);
    this.#options.handlers.onError?.(error);
  }

  /** @param hasToken whether the client lives on an earlier one; without any, no broker is asked at all */
  tokenFailed(error: KafkaError, hasToken: boolean): void {
    this.trouble.note(error);
    if (!hasToken) this.#options.onRefused();
    this.#say({ level: 3, facility: "TOKEN", message: error.message });
    this.#options.handlers.onError?.(error);
  }

  #say(line: LogLine): void {
    if (this.#options.handlers.onLog) this.#options.handlers.onLog(line);
    else if (line.level <= 4) console.warn(`librdkafka ${line.facility}: ${line.message}`);
  }
}
