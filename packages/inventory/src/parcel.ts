/** What goes into Kafka together: the outcomes of some records of one partition, the dead letters among them, and the offset they bring it to. */
import type { DeadLetterRecord } from "@campus/events";
import type { ProducerRecord, TopicPartition } from "@campus/kafka";

/** What became of some records. */
export interface Decisions {
  /** For inventory-events, in the order of the orders. */
  readonly outcomes: readonly ProducerRecord[];
  /** For the dead letters of the topic they came from. */
  readonly letters: readonly DeadLetterRecord[];
  readonly reserved: number;
  /** Orders decided whose stock could not be reserved. */
  readonly failed: number;
  /** Orders that had been decided before. */
  readonly repeated: number;
}

/** Decisions of one partition in a row, delivered all or none. */
export interface Parcel {
  readonly topic: string;
  readonly partition: number;
  /** Of the first record. */
  readonly firstOffset: number;
  /** Where the group goes on: after the last record. */
  readonly nextOffset: number;
  /** How many records were read for it. */
  readonly records: number;
  readonly decisions: Decisions;
}

/** The stretch of a partition that was read for some decisions; a `Batch` of `@campus/kafka` has all of it. */
export interface Stretch {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly length: number;
}

/** A parcel of one stretch. */
export function parcelOf(stretch: Stretch, decisions: Decisions): Parcel {
  const { topic, partition, firstOffset, lastOffset, length } = stretch;
  return { topic, partition, firstOffset, nextOffset: lastOffset + 1, records: length, decisions };
}

/** A parcel of nothing but an offset: what lies before it are marks of transactions, which no reader is shown. */
export function emptyParcel(partition: TopicPartition, firstOffset: number, nextOffset: number): Parcel {
  const decisions = { outcomes: [], letters: [], reserved: 0, failed: 0, repeated: 0 };
  return { ...partition, firstOffset, nextOffset, records: 0, decisions };
}

/** Two parcels in a row as one. */
export function joined(first: Parcel, second: Parcel): Parcel {
  const [a, b] = [first.decisions, second.decisions];
  return {
    ...first,
    nextOffset: second.nextOffset,
    records: first.records + second.records,
    decisions: {
      outcomes: a.outcomes.concat(b.outcomes),
      letters: a.letters.concat(b.letters),
      reserved: a.reserved + b.reserved,
      failed: a.failed + b.failed,
      repeated: a.repeated + b.repeated,
    },
  };
}
