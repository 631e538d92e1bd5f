/**
 * From a batch of records to decisions. What can't be read becomes a dead letter at once; what can't be decided is tried a few times, all of a batch
 * together so that one bad record costs the partition no more than many, and then becomes one, too. Nothing here talks to Kafka.
 */
import {
  type Codec,
  type DeadLetterRecord,
  DecisionEncoder,
  deadLetterRecord,
  decisionOf,
  decodeEvent,
  encodeEvent,
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
import { traceHeadersOf } from "./trace-headers.ts";

/** What is needed of a consumed record; `ConsumerRecord` of `@campus/kafka` is one. */
export interface OrderRecord extends UnhandledRecord {
  readonly value: Buffer | null;
}

export interface DeciderOptions {
  /** Decides one order by its id: whether its stock is reserved. */
  readonly isReserved: (orderId: string) => boolean;
  readonly codec: Codec;
  /** How often a record is tried before it becomes a dead letter. */
  readonly maxAttempts: number;
  /** Before the second attempt; each further pause is twice as long. */
  readonly firstPauseMs?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
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

/** An order that is still to be decided. */
interface Failure {
  readonly record: UnhandledRecord;
  readonly orderId: string;
  /** Where its outcome will lie. */
  readonly place: number;
  /** What the last attempt failed with. */
  readonly error: Error;
}

export function createDecider({
  isReserved,
  codec,
  maxAttempts,
  firstPauseMs = 100,
  now = Date.now,
}: DeciderOptions): Decider {
  const encoder = new DecisionEncoder();

  function encode(orderId: string, success: boolean, decidedAt: string): ProducerRecord["value"] {
    return codec === "json"
      ? encoder.encode(orderId, success, decidedAt)
      : encodeEvent(decisionOf(orderId, success, decidedAt, crypto.randomUUID()), codec);
  }

  return async (records, window, signal) => {
    const firstSeenMs = now();
    let decidedAt = new Date(firstSeenMs).toISOString();
    /** In the order of the records, null where there is none, or none yet. */
    const outcomes: (ProducerRecord | null)[] = [];
    const letters: { readonly place: number; readonly letter: DeadLetterRecord }[] = [];
    let open: Failure[] = [];
    let reserved = 0;
    let repeated = 0;

    function attempt(record: UnhandledRecord, orderId: string, place: number): Failure | null {
      try {
        const success = isReserved(orderId);
        const outcome = { key: orderId, value: encode(orderId, success, decidedAt) };
        const headers = traceHeadersOf(record);
        outcomes[place] = headers === undefined ? outcome : { ...outcome, headers };
        if (success) reserved++;
        return null;
      } catch (thrown) {
        outcomes[place] = null;
        return { record, orderId, place, error: asError(thrown) };
      }
    }

    function giveUp(record: UnhandledRecord, error: Error, place: number, attempts: number): void {
      outcomes[place] = null;
      const letter = deadLetterRecord({ record, group: GROUP, error, firstSeenMs, attempts });
      letters.push({ place, letter });
    }

    for (const record of records) {
      const orderId = readOrderId(record);
      if (orderId instanceof Error) giveUp(record, orderId, outcomes.length, 1);
      else if (window.isRepeated(orderId, record.offset) && !cameBack(record)) repeated++;
      else {
        const failure = attempt(record, orderId, outcomes.length);
        if (failure) open.push(failure);
      }
    }
    for (let attempts = 1; open.length > 0 && attempts < maxAttempts; attempts++) {
      await pause(firstPauseMs * 2 ** (attempts - 1), signal);
      decidedAt = new Date(now()).toISOString();
      open = open.flatMap(({ record, orderId, place }) => attempt(record, orderId, place) ?? []);
    }
    for (const { record, error, place } of open) giveUp(record, error, place, maxAttempts);

    const decided = letters.length === 0 ? (outcomes as ProducerRecord[]) : outcomes.filter(isThere);
    return {
      outcomes: decided,
      letters: letters.sort((one, other) => one.place - other.place).map(({ letter }) => letter),
      reserved,
      failed: decided.length - reserved,
      repeated,
    };
  };
}

function isThere(outcome: ProducerRecord | null): outcome is ProducerRecord {
  return outcome !== null;
}

/** The id of the order in a record, or why there is none. */
export function readOrderId(record: OrderRecord): string | Error {
  const orderId = record.value && plainOrderId(record.value);
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
