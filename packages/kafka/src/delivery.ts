/**
 * What waits for acknowledgements. Each send takes a slot; the slot's number travels through librdkafka as the record's opaque and
 * comes back with its delivery report, so that no pointer to a JavaScript object ever leaves JavaScript.
 */
import { BatchError, type KafkaError } from "./error.ts";
import type { Delivery } from "./record.ts";

/** The outcome of one record. Reused for the next: whoever gets one keeps nothing of it but its values. */
export interface Report {
  slot: number;
  /** The record's place in its batch. */
  index: number;
  partition: number;
  offset: number;
  timestamp: number;
  /** Of key and value. */
  bytes: number;
  error: KafkaError | null;
}

/** Something that is settled record by record. */
export interface Pending {
  /** Returns true with the last record: the slot is free. */
  settle(report: Report): boolean;
}

/** One record, one promise. */
export class PendingRecord implements Pending {
  constructor(
    private readonly topic: string,
    private readonly resolve: (delivery: Delivery) => void,
    private readonly reject: (error: KafkaError) => void,
  ) {}

  settle({ partition, offset, timestamp, error }: Report): boolean {
    if (error) this.reject(error);
    else this.resolve({ topic: this.topic, partition, offset, timestamp });
    return true;
  }
}

/** Where the records of a batch ended up, by their place in it. */
export class BatchDelivery {
  /** @internal */
  constructor(
    readonly topic: string,
    private readonly partitions: Int32Array,
    private readonly offsets: Float64Array,
    private readonly timestamps: Float64Array,
  ) {}

  /** How many records the batch had. */
  get length(): number {
    return this.partitions.length;
  }

  /** Of the record at a place from 0 in the batch. */
  partition(index: number): number {
    return this.partitions[index]!;
  }

  /** Of the record at a place from 0 in the batch; -1 with `acks: 0`, where no broker answers. */
  offset(index: number): number {
    return this.offsets[index]!;
  }

  /** Milliseconds since the epoch, of the record at a place from 0 in the batch. */
  timestamp(index: number): number {
    return this.timestamps[index]!;
  }
}

/** Many records, one promise: it resolves when all are acknowledged and rejects once all are settled and some failed. */
export class PendingBatch implements Pending {
  readonly #partitions: Int32Array;
  readonly #offsets: Float64Array;
  readonly #timestamps: Float64Array;
  readonly #failures: { index: number; error: KafkaError }[] = [];
  #open: number;

  constructor(
    private readonly topic: string,
    count: number,
    private readonly resolve: (delivery: BatchDelivery) => void,
    private readonly reject: (error: BatchError) => void,
  ) {
    this.#open = count;
    this.#partitions = new Int32Array(count);
    this.#offsets = new Float64Array(count);
    this.#timestamps = new Float64Array(count);
  }

  settle({ index, partition, offset, timestamp, error }: Report): boolean {
    if (error) this.#failures.push({ index, error });
    else {
      this.#partitions[index] = partition;
      this.#offsets[index] = offset;
      this.#timestamps[index] = timestamp;
    }
    if (--this.#open > 0) return false;
    if (this.#failures.length === 0) {
      this.resolve(new BatchDelivery(this.topic, this.#partitions, this.#offsets, this.#timestamps));
    } else {
      const delivered = this.#partitions.length - this.#failures.length;
      this.reject(
        new BatchError(
          this.#failures.sort((a, b) => a.index - b.index),
          delivered,
        ),
      );
    }
    return true;
  }
}

/** Slots by number, reused: as many as were ever in use at once. */
export class PendingTable {
  readonly #slots: (Pending | null)[] = [];
  readonly #free: number[] = [];

  take(pending: Pending): number {
    const slot = this.#free.pop() ?? this.#slots.length;
    this.#slots[slot] = pending;
    return slot;
  }

  settle(report: Report): void {
    const { slot } = report;
    if (this.#slots[slot]!.settle(report)) {
      this.#slots[slot] = null;
      this.#free.push(slot);
    }
  }
}
