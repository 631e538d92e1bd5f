/**
 * Errors as the addon hands them over: plain objects with `message` and `code`, which the client's JavaScript turns into its own error
 * class. A message not given is librdkafka's for the code.
 */
import { librdkafka, type Pointer } from "@campus/kafka/native";

/** Codes that this package itself decides on. */
export const Code = {
  none: 0,
  partitionEof: -191,
  invalidArgument: -186,
  timedOut: -185,
  state: -172,
  topicException: 17,
  unknownTopicOrPartition: 3,
  topicAuthorizationFailed: 29,
} as const;

export interface Failure {
  message: string;
  code: number;
}

/** What transactions fail with. */
export interface TransactionFailure extends Failure {
  isFatal: boolean;
  isRetriable: boolean;
  isTxnRequiresAbort: boolean;
}

export function failure(code: number, message?: string | null): Failure {
  return { message: message || describe(code), code };
}

/** librdkafka's words for a code. */
export function describe(code: number): string {
  return librdkafka().rd_kafka_err2str(code) ?? "";
}

/** An `Error` with a code, where the addon makes one. */
export function errorWithCode(code: number, message?: string): Error & { code: number } {
  return Object.assign(new Error(message ?? describe(code)), { code });
}

/** The failure that a `rd_kafka_error_t *` tells of, which the caller keeps. */
export function failureOf(error: Pointer): Failure {
  const lib = librdkafka();
  return failure(lib.rd_kafka_error_code(error), lib.rd_kafka_error_string(error));
}

/** Reads a `rd_kafka_error_t *` with what it means for a transaction, and destroys it. */
export function takeTransactionFailure(error: Pointer): TransactionFailure {
  const lib = librdkafka();
  const taken = {
    ...failureOf(error),
    isFatal: lib.rd_kafka_error_is_fatal(error) !== 0,
    isRetriable: lib.rd_kafka_error_is_retriable(error) !== 0,
    isTxnRequiresAbort: lib.rd_kafka_error_txn_requires_abort(error) !== 0,
  };
  lib.rd_kafka_error_destroy(error);
  return taken;
}

/** Reads a `rd_kafka_error_t *` and destroys it. */
export function takeFailure(error: Pointer): Failure {
  const taken = failureOf(error);
  librdkafka().rd_kafka_error_destroy(error);
  return taken;
}

/** The transaction's failure for a bare code. */
export function transactionFailure(code: number): TransactionFailure {
  return { ...failure(code), isFatal: false, isRetriable: false, isTxnRequiresAbort: false };
}
