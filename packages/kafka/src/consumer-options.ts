/** What a consumer takes and tells: its options, its counters, the watermarks of partitions. */
import type { ClientOptions, ConsumerGroupOptions } from "./config.ts";
import type { RebalanceHandlers } from "./rebalance.ts";
import type { TopicPartition, TopicPartitionOffset } from "./record.ts";
import type { Stall } from "./watchdog.ts";

/** Options of `createConsumer`. */
export interface ConsumerOptions extends ClientOptions, ConsumerGroupOptions, RebalanceHandlers {
  /** How long a partition going out waits for the batch in hand. Default 30 000 ms. */
  readonly drainTimeoutMs?: number;
  /**
   * All of a partition was handed out, and its batches are done. The offset is the next to be read: it lies behind the markers that end transactions,
   * which take offsets too and are handed out to nobody. Committing it leaves no lag.
   */
  readonly onEnd?: (end: TopicPartitionOffset) => void;
  /** Told once of each partition that has made no progress for `stallTimeoutMs` although there are records to read. */
  readonly onStall?: (stall: Stall) => void;
  /** Default 30 000 ms. */
  readonly stallTimeoutMs?: number;
}

/** What was handed out and committed since a consumer was created. */
export interface ConsumerCounters {
  /** Handed out. */
  readonly batches: number;
  /** In those batches. */
  readonly records: number;
  /** Of keys and values, with the framing between those that were copied together. */
  readonly bytes: number;
  /** Acknowledged by the coordinator. */
  readonly commits: number;
}

/** What a partition holds: from `low` up to, not including, `high`. */
export interface Watermarks extends TopicPartition {
  /** The first offset the log still has. */
  readonly low: number;
  /** The log's end. */
  readonly high: number;
}
