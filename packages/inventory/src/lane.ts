/**
 * The work on one partition, from its assignment to its going. Batches come in and are decided at once, while the parcel before them is on its
 * way into Kafka; what has gathered by the time that is there becomes the next parcel. So parcels grow under load, up to a bound, and a lone order goes
 * out by itself without waiting.
 *
 * Whenever a delivery fails, everything decided since is thrown away and the partition is read again from where the group stands.
 */
import { KafkaError, type TopicPartition, type TopicPartitionOffset } from "@campus/kafka";
import type { Logger } from "@campus/service";
import type { Decider, OrderRecord } from "./decider.ts";
import type { Delivery } from "./delivery.ts";
import type { OrderWindow } from "./order-window.ts";
import { type Decisions, emptyParcel, joined, type Parcel, parcelOf, type Stretch } from "./parcel.ts";
import { pause, retry } from "./retry.ts";

/** What is needed of a consumed batch; `Batch` of `@campus/kafka` is one. */
export type OrderBatch = Stretch & Iterable<OrderRecord>;

export interface LaneOptions {
  readonly partition: TopicPartition;
  readonly delivery: Delivery;
  readonly decide: Decider;
  readonly window: OrderWindow;
  /** The most records in a parcel, but for a batch that is larger by itself. */
  readonly maxRecords: number;
  readonly log: Logger;
  /**
   * Makes the consumer go on from an offset, at once: before it returns, nothing more of what was fetched before comes in. False where that can't be,
   * because the partition is on its way out.
   */
  readonly rewind: (to: TopicPartitionOffset) => boolean;
  readonly onDelivered?: (parcel: Parcel) => void;
  /** The lane can't go on, for a reason that is not Kafka's. */
  readonly onFailure: (error: unknown) => void;
  readonly firstPauseMs?: number;
  readonly fencedPauseMs?: number;
}

const LONGEST_PAUSE_MS = 5_000;
/** About what a member's next heartbeats take to tell it that it is none any more. */
const FENCED_PAUSE_MS = 1_000;
const FENCED: ReadonlySet<string> = new Set(["_FENCED", "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH"]);

export class Lane {
  readonly #options: LaneOptions;
  readonly #ending = new AbortController();
  /** Decided and waiting for the delivery before it. */
  #waiting: Parcel | null = null;
  #delivering: Promise<void> | null = null;
  /** On its way out: nothing more is taken in hand. */
  #draining = false;
  /** Counts rewinds: a batch taken before one is not of use after it. */
  #reading = 0;
  #recovered: Promise<void> | null = null;
  #onRoom: (() => void)[] = [];
  /** Where the group goes on if it has committed nothing. */
  #start = -1;
  #position = -1;
  /** After the last record accepted; -1 before the first. */
  #next = -1;
  #trouble: KafkaError | null = null;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** The group's position as far as this lane knows: the committed offset, -1 where there is none. */
  get position(): number {
    return this.#position;
  }

  /** Why the last delivery failed; null once one has succeeded. */
  get trouble(): KafkaError | null {
    return this.#trouble;
  }

  /** Fires when the partition is no longer this process's. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Settles what others left of this partition. Resolves with the committed offset, -1 where there is none. @throws the signal's reason */
  async open(): Promise<number> {
    this.#position = await this.#settle();
    this.#next = this.#position;
    return this.#position;
  }

  /** Takes a batch in hand. Resolves when the lane has room for another. */
  async accept(batch: OrderBatch): Promise<void> {
    if (this.#recovered) return this.#recovered;
    if (this.#draining) return;
    const reading = this.#reading;
    const decisions = await this.#decide(batch);
    // Meanwhile the partition may have gone or be going, or be read again from further back.
    if (!decisions || this.signal.aborted || this.#draining) return;
    if (reading !== this.#reading || this.#recovered) return;
    if (this.#start < 0) this.#start = batch.firstOffset;
    this.#enqueue(parcelOf(batch, decisions));
    await this.#room(batch.length);
  }

  /** There is nothing to read before this offset, and all batches before it were accepted. */
  reach(offset: number): void {
    if (this.signal.aborted || this.#draining || this.#recovered) return;
    const { partition } = this.#options;
    const from = this.#next < 0 ? offset : this.#next;
    if (this.#start < 0) this.#start = from;
    if (offset > Math.max(0, this.#next)) this.#enqueue(emptyParcel(partition, from, offset));
  }

  #enqueue(parcel: Parcel): void {
    this.#waiting = this.#waiting ? joined(this.#waiting, parcel) : parcel;
    this.#next = parcel.nextOffset;
    this.#delivering ??= this.#deliverAll();
  }

  /** Takes nothing more in hand. Resolves when everything accepted is delivered, or can't be any more. */
  async drain(): Promise<void> {
    this.#draining = true;
    await this.#delivering;
  }

  /** Nothing of this partition may be committed any more. Resolves when that is sure and the delivery is closed. */
  async end(reason: Error): Promise<void> {
    this.#ending.abort(reason);
    this.#makeRoom();
    await this.#delivering;
    await this.#options.delivery.close();
  }

  /** Null when the partition goes while something waits to be tried again. */
  async #decide(batch: OrderBatch): Promise<Decisions | null> {
    try {
      return await this.#options.decide(batch, this.#options.window, this.signal);
    } catch (error) {
      if (this.signal.aborted) return null;
      throw error;
    }
  }

  async #deliverAll(): Promise<void> {
    while (this.#waiting && !this.signal.aborted) {
      const parcel = this.#waiting;
      this.#waiting = null;
      this.#makeRoom();
      try {
        await this.#options.delivery.deliver(parcel, this.signal);
        this.#position = parcel.nextOffset;
        this.#trouble = null;
        this.#options.onDelivered?.(parcel);
      } catch (error) {
        await this.#recover(error).catch(this.#options.onFailure);
      }
    }
    // In one breath with the last look: what comes in after it begins anew.
    this.#delivering = null;
  }

  /** After a delivery that failed: settles what is left of it and goes back to where the group stands. */
  async #recover(error: unknown): Promise<void> {
    if (this.signal.aborted) return;
    if (!(error instanceof KafkaError)) throw error;
    const { log, rewind, partition } = this.#options;
    this.#trouble = error;
    log.warn("{topic}/{partition} is read again from the committed offset: {error}", { ...partition, error });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#recovered = promise;
    try {
      // On its way out the partition is not read again: whoever gets it next settles and goes on from there.
      if (this.#draining) return void this.#forget();
      // Another process has taken over, and this one may not have heard yet that it lost the partition: to fence the other in turn would do
      // no harm but cost it its work.
      if (FENCED.has(error.name)) await pause(this.#options.fencedPauseMs ?? FENCED_PAUSE_MS, this.signal);
      const committed = await this.#settle();
      // In a turn of the event loop that begins with this: every batch taken before has come in by now, and is forgotten; every later one is
      // fetched from the new offset.
      await inNewTurn(() => {
        this.#forget();
        if (this.signal.aborted || this.#draining) return;
        this.#position = committed;
        const offset = committed >= 0 ? committed : this.#start;
        this.#next = offset;
        // The consumer stands further on, and stays there: nothing it says of this partition from now on begins at `offset`.
        if (!rewind({ ...partition, offset })) this.#draining = true;
        log.debug("{topic}/{partition} goes on from {offset}", { ...partition, offset });
      });
    } catch (reason) {
      if (!this.signal.aborted) throw reason;
    } finally {
      this.#recovered = null;
      resolve();
    }
  }

  #forget(): void {
    this.#reading++;
    this.#waiting = null;
    this.#recovered = null;
    this.#makeRoom();
  }

  #settle(): Promise<number> {
    const { delivery, log, partition, firstPauseMs = 100 } = this.#options;
    return retry(() => delivery.settle(), {
      signal: this.signal,
      isRetriable: (error) => error instanceof KafkaError,
      firstPauseMs,
      longestPauseMs: LONGEST_PAUSE_MS,
      onRetry: (error, pauseMs) => {
        this.#trouble = error as KafkaError;
        const what = "{topic}/{partition} is not settled yet, trying again in {pauseMs} ms: {error}";
        log.warn(what, { ...partition, pauseMs, error });
      },
    });
  }

  /** Resolves when another batch of about that size fits the next parcel. */
  async #room(records: number): Promise<void> {
    const { maxRecords } = this.#options;
    while (this.#waiting && this.#waiting.records + records > maxRecords && !this.signal.aborted) {
      await new Promise<void>((resolve) => this.#onRoom.push(resolve));
    }
  }

  #makeRoom(): void {
    for (const resolve of this.#onRoom.splice(0)) resolve();
  }
}

/** Runs something as the first thing in a turn of the event loop, when no promise that is settled already has anything left to tell. */
function inNewTurn(work: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    });
  });
}
