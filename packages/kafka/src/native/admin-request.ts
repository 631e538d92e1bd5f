/** What every request of the Admin API shares: its options, its result's arrays, its native parts released whatever happens. */

import { KafkaError } from "../error.ts";
import { goesToCoordinator, nativeRequestTimeoutMs } from "./coordinator-request.ts";
import { ErrCode } from "./error-codes.ts";
import { cstring, NativeMemory, type Pointer, read } from "./ffi.ts";
import { Handle } from "./handle.ts";
import { errorOf, librdkafkaAdmin, readError, throwIfFailed } from "./library.ts";
import type { NativeClient } from "./native-client.ts";

/** `rd_kafka_admin_op_t` */
export const AdminOperation = {
  createTopics: 1,
  deleteTopics: 2,
  createPartitions: 3,
  describeConfigs: 5,
  deleteRecords: 6,
  deleteGroups: 7,
  deleteGroupOffsets: 8,
  listGroups: 12,
  describeGroups: 13,
  listGroupOffsets: 14,
  alterGroupOffsets: 15,
  incrementalAlterConfigs: 16,
  describeTopics: 19,
  describeCluster: 20,
  listOffsets: 21,
} as const;

export interface AdminRequest<T> {
  /** In words, for errors: `create topics`. */
  readonly operation: string;
  readonly code: number;
  readonly timeoutMs: number;
  /** Reads must not see offsets that an open transaction may still change. */
  readonly requireStable?: boolean;
  /** Sends the request; the options live as long as the call. */
  readonly send: (rk: Pointer, options: Pointer, queue: Pointer) => void;
  /** Reads the result out of its event, which it must not keep. */
  readonly settle: (event: Pointer) => T;
}

export function requestAdmin<T>(client: NativeClient, request: AdminRequest<T>): Promise<T> {
  return client.request(
    request.operation,
    (opaque) => {
      const admin = librdkafkaAdmin();
      using options = new Handle(
        "admin options",
        admin.rd_kafka_AdminOptions_new(client.rk.pointer, request.code),
        (pointer) => admin.rd_kafka_AdminOptions_destroy(pointer),
      );
      const failed = admin.rd_kafka_AdminOptions_set_request_timeout(
        options.pointer,
        nativeRequestTimeoutMs(request.code, request.timeoutMs),
        null,
        0,
      );
      if (failed)
        throw errorOf(failed, request.operation, `timeoutMs ${request.timeoutMs} is not within 0 to 3600000`);
      if (request.requireStable) {
        throwIfFailed(
          admin.rd_kafka_AdminOptions_set_require_stable_offsets(options.pointer, 1),
          request.operation,
        );
      }
      admin.rd_kafka_AdminOptions_set_opaque(options.pointer, opaque);
      request.send(client.rk.pointer, options.pointer, client.queue.pointer);
    },
    request.settle,
    {
      endsWhenRefused: true,
      ...(goesToCoordinator(request.code) && { giveUpAfterMs: request.timeoutMs }),
    },
  );
}

/** Calls a C function that returns an array and writes its length, and gives the elements. */
export function readArray(call: (outCount: Pointer) => Pointer | null): Pointer[] {
  const count = new NativeMemory(8);
  const array = call(count.address);
  return array ? Array.from({ length: count.getSize(0) }, (_, i) => read.ptr(array, i * 8)) : [];
}

/** A C array of pointers, reachable while `use` runs. */
export function withPointerArray(
  pointers: readonly Pointer[],
  use: (array: Pointer, count: number) => void,
): void {
  const memory = new NativeMemory(Math.max(8, pointers.length * 8));
  for (const [i, pointer] of pointers.entries()) memory.setSize(i * 2, pointer);
  use(memory.address, pointers.length);
}

/** A C array of strings, reachable while `use` runs. */
export function withStringArray(
  texts: readonly string[],
  use: (array: Pointer, count: number) => void,
): void {
  const strings = texts.map((text) => {
    const bytes = cstring(text);
    const memory = new NativeMemory(bytes.length);
    memory.bytes.set(bytes);
    return memory;
  });
  withPointerArray(
    strings.map(({ address }) => address),
    use,
  );
}

/** Releases every handle, also when making one of them throws half way. */
export function withHandles(makers: readonly (() => Handle)[], use: (pointers: Pointer[]) => void): void {
  const handles: Handle[] = [];
  try {
    for (const make of makers) handles.push(make());
    use(handles.map(({ pointer }) => pointer));
  } finally {
    for (const handle of handles) handle.release();
  }
}

/** The error of a `rd_kafka_topic_result_t`, or null. */
export function topicResultError(result: Pointer, operation: string): KafkaError | null {
  const admin = librdkafkaAdmin();
  const code = admin.rd_kafka_topic_result_error(result);
  if (code === ErrCode.none) return null;
  const reason = admin.rd_kafka_topic_result_error_string(result) ?? undefined;
  return errorOf(code, `${operation} "${admin.rd_kafka_topic_result_name(result)}"`, reason);
}

/** The error behind a borrowed `rd_kafka_error_t *`, or null for none. */
export function borrowedError(error: Pointer | null, operation: string): KafkaError | null {
  if (!error) return null;
  const failure = readError(error, operation);
  return failure.code === ErrCode.none ? null : failure;
}

/** What was answered for each, in the order asked. Nobody knows what became of one that the answer leaves out. */
export function inOrder<T>(
  keys: readonly string[],
  answers: ReadonlyMap<string, T>,
  operation: string,
): (T | KafkaError)[] {
  return keys.map((key) => {
    if (answers.has(key)) return answers.get(key) as T;
    const message = `there was no answer for "${key}"`;
    return new KafkaError({ code: ErrCode.badMessage, operation, message });
  });
}
