/**
 * One request of the Admin API: sent with its options, answered by an event on the session's queue, or given up after its time as the addon does.
 * An answer that comes later is let go.
 */
import {
  Handle,
  librdkafka,
  librdkafkaAdmin,
  nativeRequestTimeoutMs,
  type Pointer,
} from "@campus/kafka/native";
import { type Callback, callSafely } from "./callbacks.ts";
import { Code, type Failure, failure, takeFailure } from "./failure.ts";
import type { Session } from "./session.ts";

/** `rd_kafka_admin_op_t` */
export const AdminOperation = {
  createTopics: 1,
  deleteTopics: 2,
  createPartitions: 3,
  deleteRecords: 6,
  deleteGroups: 7,
  listGroups: 12,
  describeGroups: 13,
  listGroupOffsets: 14,
  describeTopics: 19,
  listOffsets: 21,
} as const;

export interface AdminRequest<T> {
  readonly operation: number;
  readonly timeoutMs: number;
  /** The broker is told of the time too; the addon does not for topics. */
  readonly limitsRequest: boolean;
  /** Sets further options. Returns an error, which is taken, or null. */
  readonly configure?: (options: Pointer) => Pointer | null;
  /** Sends the request; the options live as long as the call. */
  readonly send: (rk: Pointer, options: Pointer, queue: Pointer) => void;
  /** Reads the result, or returns the failure it tells of. It must not keep the event. */
  readonly settle: (event: Pointer) => { readonly result: T } | { readonly failure: Failure };
}

/** Calls `done(error)` or `done(null, result)`, once. */
export function requestAdmin<T>(session: Session | null, request: AdminRequest<T>, done: Callback): void {
  let settled = false;
  let giveUp = (): void => undefined;
  const settle = (...outcome: unknown[]): void => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    giveUp();
    callSafely(done, ...outcome);
  };
  const expire = (): void => settle(failure(Code.timedOut));
  const timer = setTimeout(expire, Math.max(0, request.timeoutMs));
  if (!session) {
    setImmediate(() => settle(failure(Code.state)));
    return;
  }
  try {
    const sent = send(session, request, (event) => {
      if (settled) return;
      const outcome = settleEvent(event, request);
      if ("failure" in outcome) settle(outcome.failure);
      else settle(null, ...(outcome.result === undefined ? [] : [outcome.result]));
    });
    if (typeof sent === "function") giveUp = sent;
    else setImmediate(() => settle(sent));
    // Without any time no answer is in time, however near the broker is: the addon looks for one once, right after sending.
    if (request.timeoutMs === 0) queueMicrotask(expire);
  } catch (error) {
    settled = true;
    clearTimeout(timer);
    throw error;
  }
}

function settleEvent<T>(event: Pointer, request: AdminRequest<T>): { result: T } | { failure: Failure } {
  const code = librdkafka().rd_kafka_event_error(event);
  return code === Code.none ? request.settle(event) : { failure: failure(code) };
}

/** Returns how to give the request up, or why it was not sent. */
function send<T>(
  session: Session,
  request: AdminRequest<T>,
  onEvent: (event: Pointer) => void,
): (() => void) | Failure {
  const admin = librdkafkaAdmin();
  const rk = session.rk.pointer;
  using options = new Handle(
    "admin options",
    admin.rd_kafka_AdminOptions_new(rk, request.operation),
    (pointer) => admin.rd_kafka_AdminOptions_destroy(pointer),
  );
  if (request.limitsRequest) {
    const timeoutMs = nativeRequestTimeoutMs(request.operation, request.timeoutMs);
    const code = admin.rd_kafka_AdminOptions_set_request_timeout(options.pointer, timeoutMs, null, 0);
    if (code !== Code.none) return failure(code);
  }
  const error = request.configure?.(options.pointer) ?? null;
  if (error) return takeFailure(error);
  return session.request((opaque, queue) => {
    admin.rd_kafka_AdminOptions_set_opaque(options.pointer, opaque);
    request.send(rk, options.pointer, queue);
  }, onEvent);
}
