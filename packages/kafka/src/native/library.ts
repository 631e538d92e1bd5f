/**
 * The loaded librdkafka: found or built on first use, its version checked, opened once a thread and never closed. Tables of rarely used
 * functions (administration, transactions, the in-process cluster) are opened when first asked for: each symbol costs a compiled
 * trampoline.
 */
import { KafkaError } from "../error.ts";
import { adminSymbols } from "./admin-symbols.ts";
import { ErrCode } from "./error-codes.ts";
import { cstring, type NativeFunctions, NativeMemory, openLibrary, type Pointer, readString } from "./ffi.ts";
import { librdkafkaPath } from "./library-path.ts";
import { minimumVersion } from "./library-version.ts";
import { mockSymbols } from "./mock-symbols.ts";
import { symbols } from "./symbols.ts";

function once<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => (value ??= make());
}

/** The functions every client needs. Throws when no library is found, none can be built, or it is too old. */
export const librdkafka: () => NativeFunctions<typeof symbols> = once(() => {
  const path = librdkafkaPath();
  const functions = openLibrary(path, symbols);
  if (functions.rd_kafka_version() < minimumVersion) {
    throw new Error(
      `librdkafka ${functions.rd_kafka_version_str()} at ${path} is too old: 2.15 or newer is needed. ` +
        "Unset LIBRDKAFKA_PATH to have the right one built, or point it at a newer library.",
    );
  }
  return functions;
});

/** The functions of the admin client. */
export const librdkafkaAdmin = once(() => openLibrary(librdkafkaPath(), adminSymbols));

/** The functions of the in-process cluster (`rdkafka_mock.h`, which is outside librdkafka's ABI guarantee). */
export const librdkafkaMock = once(() => openLibrary(librdkafkaPath(), mockSymbols));

/** What is loaded: version, where from, and what it was built with (`ssl`, `gzip`, `zstd`, `sasl_scram`, …). */
export function libraryVersion(): { version: string; path: string; features: string[] } {
  return {
    version: librdkafka().rd_kafka_version_str()!,
    path: librdkafkaPath(),
    features: [...libraryFeatures()],
  };
}

/** `builtin.features` of the loaded library. */
export const libraryFeatures = once((): ReadonlySet<string> => {
  const lib = librdkafka();
  const conf = lib.rd_kafka_conf_new()!;
  try {
    const value = new NativeMemory(1024);
    const size = new NativeMemory(8);
    size.setSize(0, value.size);
    lib.rd_kafka_conf_get(conf, cstring("builtin.features"), value.address, size.address);
    return new Set(
      readString(value.address)!
        .split(",")
        .map((feature) => feature.trim()),
    );
  } finally {
    lib.rd_kafka_conf_destroy(conf);
  }
});

/** Consumes a returned `rd_kafka_error_t *`: NULL is success, anything else is destroyed and thrown. */
export function throwIfFailed(error: Pointer | null, operation: string): void {
  if (!error) return;
  throw takeError(error, operation);
}

/** Turns a `rd_kafka_error_t *` into a `KafkaError` and destroys it. */
export function takeError(error: Pointer, operation: string): KafkaError {
  const lib = librdkafka();
  try {
    return readError(error, operation);
  } finally {
    lib.rd_kafka_error_destroy(error);
  }
}

/** The same for an error that something else owns. */
export function readError(error: Pointer, operation: string): KafkaError {
  const lib = librdkafka();
  return new KafkaError({
    code: lib.rd_kafka_error_code(error),
    operation,
    message: lib.rd_kafka_error_string(error) ?? "no reason given",
    retriable: lib.rd_kafka_error_is_retriable(error) !== 0,
    fatal: lib.rd_kafka_error_is_fatal(error) !== 0,
    abortable: lib.rd_kafka_error_txn_requires_abort(error) !== 0,
  });
}

/** A `KafkaError` for a bare `rd_kafka_resp_err_t`. */
export function errorOf(code: number, operation: string, message?: string): KafkaError {
  return new KafkaError({
    code,
    operation,
    message: message ?? librdkafka().rd_kafka_err2str(code) ?? "unknown error",
  });
}

/** Throws for a bare `rd_kafka_resp_err_t` other than success. */
export function check(code: number, operation: string): void {
  if (code !== ErrCode.none) throw errorOf(code, operation);
}
