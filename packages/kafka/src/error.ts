/**
 * The one error type of the client. It says which operation failed, in librdkafka's words, and what the caller can do: try again
 * (`retriable`), give the client up (`fatal`), abort the transaction (`abortable`), or treat the outcome as unknown
 * (`possiblyPersisted`).
 */
import { errorCodes } from "./native/error-codes.ts";

export interface KafkaErrorOptions {
  readonly code: number;
  /** What was being done: `produce`, `commit`, `create topics`, … */
  readonly operation: string;
  readonly message: string;
  readonly retriable?: boolean;
  readonly fatal?: boolean;
  readonly abortable?: boolean;
  readonly possiblyPersisted?: boolean;
  readonly cause?: unknown;
}

/**
 * A failure of Kafka, of the connection to it, or of the use of this client. `name` is the code's name in librdkafka, without
 * `RD_KAFKA_RESP_ERR_`: `_QUEUE_FULL`, `UNKNOWN_TOPIC_OR_PART`, …; an underscore in front marks the library's own.
 */
export class KafkaError extends Error {
  /** librdkafka's `rd_kafka_resp_err_t`: negative for the library's own, positive for a broker's. */
  readonly code: number;
  /** What was being done: `produce`, `commit orders/2`, `create topic "orders"`, … */
  readonly operation: string;
  /** The same call may succeed later. */
  readonly retriable: boolean;
  /** The client instance can't go on: close it and make a new one. */
  readonly fatal: boolean;
  /** The current transaction must be aborted; the producer lives on. */
  readonly abortable: boolean;
  /** Of a record: it may be in the log although no acknowledgement came. Sending it again may duplicate it. */
  readonly possiblyPersisted: boolean;

  constructor(options: KafkaErrorOptions) {
    const known = errorCodes.get(options.code);
    const name = known?.name ?? String(options.code);
    super(
      `${options.operation}: ${options.message} (${name})`,
      "cause" in options ? { cause: options.cause } : undefined,
    );
    this.name = name;
    this.code = options.code;
    this.operation = options.operation;
    this.retriable = options.retriable ?? known?.retriable ?? false;
    this.fatal = options.fatal ?? known?.fatal ?? false;
    this.abortable = options.abortable ?? false;
    this.possiblyPersisted = options.possiblyPersisted ?? false;
  }
}

/** Some records of a batch were not acknowledged. The rest were, and stay. */
export class BatchError extends KafkaError {
  constructor(
    /** The failed records by their place in the batch, in order. */
    readonly failures: readonly { readonly index: number; readonly error: KafkaError }[],
    /** How many records of the batch were acknowledged. */
    readonly delivered: number,
  ) {
    const first = failures[0]!.error;
    super({
      code: first.code,
      operation: first.operation,
      message: `${failures.length} of ${failures.length + delivered} records failed; the first: ${first.message}`,
      retriable: failures.every(({ error }) => error.retriable),
      fatal: failures.some(({ error }) => error.fatal),
      possiblyPersisted: failures.some(({ error }) => error.possiblyPersisted),
      cause: first,
    });
  }
}
