/**
 * Fills those who wait for records from a consumer's queue. The queue is served only while someone waits: records, rebalances and errors come to the
 * program when it asks for them, as with the addon, and a program that stops asking is taken for dead (`max.poll.interval.ms`).
 *
 * Serving happens in a turn of the event loop of its own and never waits: an empty queue wakes this again when something comes.
 */
import { EventType, librdkafka, type Pointer } from "@campus/kafka/native";
import type { ConsumeLoop, EndOfPartition, Taker } from "./consume-call.ts";
import { Code } from "./failure.ts";
import { library } from "./library.ts";
import { MessageReader } from "./message.ts";
import type { Session } from "./session.ts";
import { offsetOf, partitionOf, topicOf } from "./topic-partitions.ts";

/** Events handled in one go before the event loop gets its turn. */
const eventsPerTurn = 4096;

/** The queue is asked at least this often while someone waits: that keeps the membership alive. */
const pollIntervalMs = 1_000;

export interface ConsumptionOptions {
  readonly session: Session;
  /** Of the main queue, and of the consumer's what is neither record nor error. It must not keep the event. */
  readonly onEvent: (type: number, event: Pointer) => void;
}

export class Consumption {
  readonly #options: ConsumptionOptions;
  readonly #reader = new MessageReader();
  #takers: { readonly taker: Taker; deadline: number }[] = [];
  #loop: ConsumeLoop | null = null;
  #timer: NodeJS.Timeout | null = null;
  #scheduled = false;
  #stopped = false;

  constructor(options: ConsumptionOptions) {
    this.#options = options;
  }

  get looping(): boolean {
    return this.#loop !== null;
  }

  add(taker: Taker): void {
    this.#takers.push({ taker, deadline: performance.now() + taker.timeoutMs });
    this.#schedule();
  }

  startLoop(loop: ConsumeLoop): void {
    this.#loop = loop;
    this.#schedule();
  }

  /** Something came to a queue. */
  wake(): void {
    if (this.#takers.length > 0 || this.#loop) this.#serve();
  }

  /** Ends all who wait, with what they have. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#loop?.stop();
    const waiting = this.#takers.splice(0);
    for (const { taker } of waiting) taker.timedOut();
    for (const { taker } of waiting) taker.deliver();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#serve();
    });
  }

  #serve(): void {
    if (this.#stopped) return;
    const { session, onEvent } = this.#options;
    serveMain(session, onEvent);
    const drained = this.#drain();
    this.#reader.release();
    if (drained) this.#endOverdue();
    else this.#schedule();
    const ended = this.#takers.filter(({ taker }) => taker.done);
    this.#takers = this.#takers.filter(({ taker }) => !taker.done);
    this.#arm();
    const loop = this.#loop;
    if (loop?.done) this.#loop = null;
    loop?.deliver();
    for (const { taker } of ended) taker.deliver();
  }

  /** Takes events until the queue is empty or nobody wants more; false if this turn of the event loop had enough of them. */
  #drain(): boolean {
    const { session } = this.#options;
    for (let served = 0; served < eventsPerTurn; served++) {
      if (this.#stopped) return true;
      const waiting = this.#takers.find(({ taker }) => !taker.done);
      const taker = waiting?.taker ?? (this.#loop?.done ? null : this.#loop);
      if (!taker) return true;
      const event = session.poll(session.consumer!);
      if (!event) return true;
      this.#handle(event, taker);
      // Each record gives the next one the whole time again.
      if (waiting) waiting.deadline = performance.now() + taker.timeoutMs;
    }
    return false;
  }

  #handle(event: Pointer, taker: Taker): void {
    const lib = librdkafka();
    const type = lib.rd_kafka_event_type(event);
    if (type === fetchEvent) {
      const message = this.#reader.take(event);
      if (message) taker.message(message);
      return;
    }
    try {
      if (type !== EventType.error) this.#options.onEvent(type, event);
      else if (lib.rd_kafka_event_error(event) === Code.partitionEof) taker.endOfPartition(endOf(event));
      else taker.error(lib.rd_kafka_event_error(event));
    } finally {
      lib.rd_kafka_event_destroy(event);
    }
  }

  /** The queue is empty: who waited long enough ends. */
  #endOverdue(): void {
    const now = performance.now();
    for (const { taker, deadline } of this.#takers) {
      if (!taker.done && (taker.timeoutMs === 0 || deadline <= now)) taker.timedOut();
    }
  }

  /** Comes back when the first of those waiting has waited long enough, and often enough to be a live member. */
  #arm(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#takers.length === 0 && !this.#loop) return;
    const first = Math.min(...this.#takers.map(({ deadline }) => deadline));
    const waitMs = Math.max(0, Math.min(first - performance.now(), pollIntervalMs));
    this.#timer = setTimeout(() => this.#serve(), Math.ceil(waitMs));
  }
}

const fetchEvent = 0x2; // RD_KAFKA_EVENT_FETCH

/** Hands the main queue's events over, a bounded number. */
export function serveMain(session: Session, onEvent: (type: number, event: Pointer) => void): void {
  const lib = librdkafka();
  for (let served = 0; served < 256; served++) {
    const event = session.poll(session.main);
    if (!event) return;
    try {
      onEvent(lib.rd_kafka_event_type(event), event);
    } finally {
      lib.rd_kafka_event_destroy(event);
    }
  }
}

function endOf(event: Pointer): EndOfPartition {
  const element = library().rd_kafka_event_topic_partition(event);
  if (!element) return { topic: "", offset: -1, partition: -1 };
  try {
    return { topic: topicOf(element), offset: offsetOf(element), partition: partitionOf(element) };
  } finally {
    library().rd_kafka_topic_partition_destroy(element);
  }
}
