/**
 * What a consumer hands out: a batch of one topic partition in offset order, and its records. Both are plain JavaScript memory, valid for as long
 * as they are kept. The bytes of a batch share one buffer: a record kept for long keeps all of it, so copy what must outlive the batch.
 */
import type { FetchedRecords, HeaderList, RecordColumns } from "./native/fetch.ts";
import type { TopicPartition } from "./record.ts";

/** A record as it was read: a view on its batch, made when asked for. */
export class ConsumerRecord implements TopicPartition {
  readonly #batch: Batch;
  readonly #index: number;
  readonly #records: FetchedRecords;

  /** @internal */
  constructor(batch: Batch, index: number, records: FetchedRecords) {
    this.#batch = batch;
    this.#index = index;
    this.#records = records;
  }

  /** The same for every record of a batch. */
  get topic(): string {
    return this.#batch.topic;
  }

  /** The same for every record of a batch. */
  get partition(): number {
    return this.#batch.partition;
  }

  /** Its place in the partition. Exact up to 2^53. */
  get offset(): number {
    return this.#records.offsets[this.#index]!;
  }

  /** Milliseconds since the epoch; -1 where the record has none. */
  get timestamp(): number {
    return this.#records.timestamps[this.#index]!;
  }

  /** A view on the memory of the batch, not a copy. */
  get key(): Buffer | null {
    const { keyStarts, keyLengths } = this.#records;
    return this.#view(keyStarts[this.#index]!, keyLengths[this.#index]!);
  }

  /** A view on the memory of the batch, not a copy; null for a tombstone. */
  get value(): Buffer | null {
    const { valueStarts, valueLengths } = this.#records;
    return this.#view(valueStarts[this.#index]!, valueLengths[this.#index]!);
  }

  /** In the order they were written; names may repeat. */
  get headers(): HeaderList {
    return this.#records.headers.get(this.#index) ?? [];
  }

  /** The last header of that name, as brokers and other clients resolve repeats; undefined where there is none. */
  header(name: string): Buffer | null | undefined {
    return this.headers.findLast(([candidate]) => candidate === name)?.[1];
  }

  /** The value as UTF-8, null for a tombstone. Cheaper than `value.toString()`: no view is made. */
  text(): string | null {
    const { bytes, valueStarts, valueLengths } = this.#records;
    const [start, length] = [valueStarts[this.#index]!, valueLengths[this.#index]!];
    return length < 0 ? null : bytes.toString("utf8", start, start + length);
  }

  #view(start: number, length: number): Buffer | null {
    return length < 0 ? null : this.#records.bytes.subarray(start, start + length);
  }
}

/** Records of one partition in offset order: what the consumer hands out, and what is committed. */
export class Batch implements TopicPartition, Iterable<ConsumerRecord> {
  readonly #records: FetchedRecords;
  readonly #commit: (nextOffset: number, metadata?: string) => Promise<void>;

  /** @internal */
  constructor(
    readonly topic: string,
    readonly partition: number,
    records: FetchedRecords,
    commit: (nextOffset: number, metadata?: string) => Promise<void>,
  ) {
    this.#records = records;
    this.#commit = commit;
  }

  /** At least 1. */
  get length(): number {
    return this.#records.count;
  }

  /** Of the record `at(0)`. */
  get firstOffset(): number {
    return this.#records.offsets[0]!;
  }

  /** Not always `firstOffset + length - 1`: compaction and transactions leave gaps. */
  get lastOffset(): number {
    return this.#records.offsets[this.length - 1]!;
  }

  /**
   * The records as columns, for a loop over so many that an object and two views a record would cost more than its own work. What they are made of is the
   * batch's own memory: not to be written to, valid as long as it is kept. Headers are in the records alone.
   */
  get columns(): RecordColumns {
    return this.#records;
  }

  /** The record at a place from 0. @throws RangeError outside the batch */
  at(index: number): ConsumerRecord {
    if (!(index >= 0 && index < this.length))
      throw new RangeError(`record ${index} of a batch of ${this.length}`);
    return new ConsumerRecord(this, index, this.#records);
  }

  *[Symbol.iterator](): Iterator<ConsumerRecord> {
    for (let i = 0; i < this.length; i++) yield new ConsumerRecord(this, i, this.#records);
  }

  /**
   * Commits the batch: the group goes on after its last record. Resolves when the broker has it. `metadata` is text kept with the
   * offset (at most 4096 bytes unless the broker says otherwise); `committed` and `groupOffsets` give it back.
   * @throws KafkaError `_ASSIGNMENT_LOST` when the partition is no longer this consumer's: someone else reads the batch again
   */
  commit(options: { metadata?: string } = {}): Promise<void> {
    return this.#commit(this.lastOffset + 1, options.metadata);
  }
}
