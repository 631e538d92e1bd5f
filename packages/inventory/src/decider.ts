/**
 * From a batch of records to decisions. What can't be read becomes a dead letter at once; what can't be decided is tried a few times, all of a batch
 * together so that one bad record costs the partition no more than many, and then becomes one, too. Nothing here talks to Kafka.
 */
import {
  type Codec,
  type DeadLetterRecord,
  deadLetterRecord,
  decodeEvent,
  encodeEvent,
  type InventoryEvent,
  MalformedEventError,
  plainOrderId,
  readDeadLetterHeaders,
  type UnhandledRecord,
} from "@campus/events";
import type { ProducerRecord } from "@campus/kafka";
import { GROUP } from "./config.ts";
import type { OrderWindow } from "./order-window.ts";
import type { Decisions } from "./parcel.ts";
import { pause } from "./retry.ts";
import { type TraceHeaders, traceHeadersOf } from "./trace-headers.ts";

/** Decides one order by its id: see `decide` in reservation.ts. */
export type Decide = (orderId: string, now: string, newId: () => string) => InventoryEvent;

/** What is needed of a consumed record; `ConsumerRecord` of `@campus/kafka` is one. */
export interface OrderRecord extends UnhandledRecord {
  /** The value as UTF-8, null where there is none. */
  text(): string | null;
}

export interface DeciderOptions {
  readonly decide: Decide;
  readonly codec: Codec;
  /** How often a record is tried before it becomes a dead letter. */
  readonly maxAttempts: number;
  /** Before the second attempt; each further pause is twice as long. */
  readonly firstPauseMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly newId?: () => string;
}

/**
 * Decides records of one partition, in order; `window` has seen those before them.
 * @throws the signal's reason, while something waits to be tried again
 */
export type Decider = (
  records: Iterable<OrderRecord>,
  window: OrderWindow,
  signal: AbortSignal,
) => Promise<Decisions>;

/** An event of another topic: it is well-formed, and still nothing this consumer could act on. */
class UnexpectedEventError extends Error {
  override readonly name = "UnexpectedEventError";
}

/** What is known of a record: its outcome, its dead letter, or what the last attempt failed with. */
type Slot = InventoryEvent | { readonly letter: DeadLetterRecord } | { readonly failure: Failure };
/** Of the events whose orders belong to one: few, and mostly none. */
type Traces = Map<InventoryEvent, TraceHeaders>;
interface Failure {
  readonly record: UnhandledRecord;
  readonly orderId: string;
  readonly error: Error;
}

export function createDecider({
  decide,
  codec,
  maxAttempts,
  firstPauseMs = 100,
  now = Date.now,
  newId = () => crypto.randomUUID(),
}: DeciderOptions): Decider {
  function attempt(record: UnhandledRecord, orderId: string, decidedAt: string, traces: Traces): Slot {
    try {
      const event = decide(orderId, decidedAt, newId);
      const trace = traceHeadersOf(record);
      if (trace) traces.set(event, trace);
      return event;
    } catch (error) {
      return { failure: { record, orderId, error: asError(error) } };
    }
  }

  return async (records, window, signal) => {
    const firstSeenMs = now();
    let decidedAt = new Date(firstSeenMs).toISOString();
    const letterOf = (record: UnhandledRecord, error: Error, attempts: number) => ({
      letter: deadLetterRecord({ record, group: GROUP, error, firstSeenMs, attempts }),
    });
    const slots: Slot[] = [];
    const traces: Traces = new Map();
    const failed: number[] = [];
    let repeated = 0;
    for (const record of records) {
      const orderId = readOrderId(record);
      if (orderId instanceof Error) slots.push(letterOf(record, orderId, 1));
      else if (window.isRepeated(orderId, record.offset) && !cameBack(record)) repeated++;
      else {
        const slot = attempt(record, orderId, decidedAt, traces);
        if ("failure" in slot) failed.push(slots.length);
        slots.push(slot);
      }
    }
    let open = failed;
    for (let attempts = 1; open.length > 0; attempts++) {
      const isLast = attempts >= maxAttempts;
      if (!isLast) await pause(firstPauseMs * 2 ** (attempts - 1), signal);
      decidedAt = new Date(now()).toISOString();
      open = open.filter((index) => {
        const { record, orderId, error } = (slots[index] as { failure: Failure }).failure;
        slots[index] = isLast
          ? letterOf(record, error, attempts)
          : attempt(record, orderId, decidedAt, traces);
        return "failure" in slots[index];
      });
    }
    return gather(slots, repeated, codec, traces);
  };
}

function gather(slots: readonly Slot[], repeated: number, codec: Codec, traces: Traces): Decisions {
  const outcomes: ProducerRecord[] = [];
  const letters: DeadLetterRecord[] = [];
  let reserved = 0;
  for (const slot of slots) {
    if ("letter" in slot) letters.push(slot.letter);
    else if ("event_type" in slot) {
      if (slot.success) reserved++;
      const outcome = { key: slot.order_id, value: encodeEvent(slot, codec) };
      const headers = traces.size === 0 ? undefined : traces.get(slot);
      outcomes.push(headers === undefined ? outcome : { ...outcome, headers });
    }
  }
  return { outcomes, letters, reserved, failed: outcomes.length - reserved, repeated };
}

/** The id of the order in a record, or why there is none. */
export function readOrderId(record: OrderRecord): string | Error {
  const orderId = plainOrderId(record.text() ?? "");
  if (orderId !== null) return orderId;
  try {
    const event = decodeEvent(record.value);
    if (event.event_type === "OrderPlaced") return event.order_id;
    return new UnexpectedEventError(`${event.event_type} is no order`);
  } catch (error) {
    if (error instanceof MalformedEventError) return error;
    throw error;
  }
}

/**
 * Whether this group had given the record up, and somebody sent it again with the headers of its dead letter: then its id was seen here,
 * and still it was never decided.
 */
function cameBack(record: UnhandledRecord): boolean {
  return readDeadLetterHeaders(record.headers)?.group === GROUP;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
