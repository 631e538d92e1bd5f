/** The nouns that cross the client's API: what a record is on its way in, and where one lies. */

/** A key, value or header: text travels as UTF-8, `null` is Kafka's null (as a value: a tombstone). */
export type Bytes = string | Uint8Array | null;

/**
 * A value that writes itself, into memory of the producer: for encoders, which would make a text or a buffer for every record else.
 */
export interface ValueWriter {
  /** The most bytes it writes. */
  readonly maxBytes: number;
  /**
   * Writes the value at an offset of `target`, and returns how many bytes it wrote. Called while the record is sent, so before `send` or `sendBatch` returns. It
   * keeps nothing of `target`, which is used again, and sends nothing itself.
   */
  writeTo(target: Buffer, offset: number): number;
}

/** A record to produce. */
export interface ProducerRecord {
  /** Decides the partition unless `partition` is given; null or absent: any partition. */
  readonly key?: Bytes;
  /** Null is a tombstone: it deletes the key from a compacted topic. */
  readonly value: Bytes | ValueWriter;
  /** An explicit partition, from 0. */
  readonly partition?: number;
  /** Milliseconds since the epoch; the time of `send` when absent. */
  readonly timestamp?: number;
  /** In order; a name may repeat when given as pairs. */
  readonly headers?: Headers;
}

/** Header names and values: an object, or pairs where order and repetition matter. */
export type Headers = Readonly<Record<string, Bytes>> | readonly (readonly [name: string, value: Bytes])[];

/** A partition of a topic, by its number from 0. */
export interface TopicPartition {
  /** Its name. */
  readonly topic: string;
  /** Its number in the topic, from 0. */
  readonly partition: number;
}

/** A place in a partition. */
export interface TopicPartitionOffset extends TopicPartition {
  /** Of a commit: the offset of the next record to read. -1 where there is none. */
  readonly offset: number;
  /** Free text stored with a committed offset (at most `offset.metadata.max.bytes` of the broker, 4096 by default). */
  readonly metadata?: string;
}

/** How far behind a consumer is on a partition. */
export interface TopicPartitionLag extends TopicPartition {
  /** The next offset this consumer will read; -1 before the first. */
  readonly position: number;
  /** The log's end as the broker tells: with `read_committed` the last stable offset, before any open transaction. */
  readonly high: number;
  /** Offsets between the two. Markers, records of aborted transactions and gaps of compaction count, though none is handed out. */
  readonly lag: number;
}

/** Where a record ended up. */
export interface Delivery extends TopicPartition {
  /** Its place in the partition; -1 with `acks: 0`, where no broker answers. */
  readonly offset: number;
  /** Milliseconds since the epoch: the record's own, or when it was sent. */
  readonly timestamp: number;
}
