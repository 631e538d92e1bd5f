/**
 * The group's changes, one at a time and in order. A partition coming in gets its queue before it starts; one going out is drained first:
 * the batch in hand finishes and commits, then it is given back. A partition that is *lost* was taken away already: nothing
 * of it may be committed, and it is dropped at once.
 *
 * Events of the group go on being served while this waits, and librdkafka keeps the membership alive meanwhile.
 */
import { AssignedPartition, type Assignment } from "./assignment.ts";
import { ErrCode } from "./native/error-codes.ts";
import type { Pointer } from "./native/ffi.ts";
import { check, librdkafka, throwIfFailed } from "./native/library.ts";
import type { NativeClient } from "./native/native-client.ts";
import { createPartitionList, type ListEntry, readPartitionList } from "./native/partition-list.ts";
import type { TopicPartition, TopicPartitionOffset } from "./record.ts";

type MaybePromise<T> = T | Promise<T>;

/** Told of partitions coming and going. A handler that throws ends the consumer: its iterators and `run` throw that error. */
export interface RebalanceHandlers {
  /**
   * Partitions came in; fetching starts when this is done. Offsets returned replace the committed ones as the place to begin. They are
   * ours already: `commit` and `committed` work on them here, and what is committed here is where reading begins.
   */
  readonly onAssigned?: (
    partitions: TopicPartition[],
  ) => MaybePromise<readonly TopicPartitionOffset[] | undefined | void>;
  /** Partitions are about to go: drained, still ours, commits still work. */
  readonly onRevoked?: (partitions: TopicPartition[]) => void | Promise<void>;
  /** Partitions are gone without notice (session timed out, fenced): commit nothing of them. */
  readonly onLost?: (partitions: TopicPartition[]) => void | Promise<void>;
}

export interface RebalanceOptions {
  readonly client: NativeClient;
  readonly assignment: Assignment;
  readonly handlers: RebalanceHandlers;
  /** How long partitions going out wait for the batch in hand. */
  readonly drainTimeoutMs: number;
  /** A handler threw, or librdkafka refused an assignment: the consumer can't go on. */
  readonly onFailure: (error: unknown) => void;
  readonly onChange: () => void;
}

export class Rebalance {
  #last: Promise<void> = Promise.resolve();
  readonly #hurried = Promise.withResolvers<void>();

  constructor(private readonly options: RebalanceOptions) {}

  /** Partitions going out no longer wait for the batch in hand, now and from now on. */
  hurry(): void {
    this.#hurried.resolve();
  }

  /** Takes a rebalance event; what it says is copied before this returns. */
  handle(event: Pointer): void {
    const lib = librdkafka();
    const code = lib.rd_kafka_event_error(event);
    const entries = readPartitionList(lib.rd_kafka_event_topic_partition_list(event));
    const partitions = entries.map(({ topic, partition }) => ({ topic, partition }));
    const change =
      code === ErrCode.assignPartitions ? () => this.#assign(partitions) : () => this.#revoke(partitions);
    this.#last = this.#last
      .then(change)
      .catch((error) => this.options.onFailure(error))
      .then(this.options.onChange);
  }

  async #assign(partitions: TopicPartition[]): Promise<void> {
    const { client, assignment, handlers } = this.options;
    const added = partitions.map(({ topic, partition }) => new AssignedPartition(client, topic, partition));
    for (const partition of added) assignment.add(partition);
    let starts: readonly TopicPartitionOffset[] = [];
    try {
      starts = (await handlers.onAssigned?.(partitions)) ?? [];
    } finally {
      // Also when the handler failed: the group waits for an answer, and closing gives the partitions back in order.
      const entries = partitions.map((partition) => withStart(partition, starts));
      this.#tell("assign", entries);
      for (const partition of added) if (partition.state === "coming") partition.state = "held";
    }
  }

  async #revoke(partitions: TopicPartition[]): Promise<void> {
    const { client, assignment, handlers } = this.options;
    const lost = librdkafka().rd_kafka_assignment_lost(client.rk.pointer) !== 0;
    const leaving = partitions.flatMap((partition) => assignment.get(partition) ?? []);
    try {
      if (lost) {
        for (const partition of leaving) partition.state = "gone";
        await handlers.onLost?.(partitions);
      } else {
        for (const partition of leaving) partition.state = "leaving";
        await this.#drain(leaving);
        await handlers.onRevoked?.(partitions);
      }
    } finally {
      for (const partition of leaving) assignment.drop(partition);
      this.#tell("unassign", partitions);
    }
  }

  /** Waits for the batches in hand, but not for ever: the group is waiting too. */
  async #drain(leaving: AssignedPartition[]): Promise<void> {
    const idle = Promise.all(leaving.map((partition) => partition.idle()));
    const { promise: deadline, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, this.options.drainTimeoutMs);
    await Promise.race([idle, deadline, this.#hurried.promise]);
    clearTimeout(timer);
  }

  /** Answers librdkafka in the words of the protocol in use: all partitions (eager) or the change (cooperative). */
  #tell(change: "assign" | "unassign", entries: readonly ListEntry[]): void {
    const lib = librdkafka();
    const rk = this.options.client.rk.pointer;
    const cooperative = lib.rd_kafka_rebalance_protocol(rk) === "COOPERATIVE";
    using list = createPartitionList(entries);
    if (cooperative && change === "assign")
      throwIfFailed(lib.rd_kafka_incremental_assign(rk, list.pointer), "assign");
    else if (cooperative) throwIfFailed(lib.rd_kafka_incremental_unassign(rk, list.pointer), "unassign");
    else check(lib.rd_kafka_assign(rk, change === "assign" ? list.pointer : null), change);
  }
}

function withStart(partition: TopicPartition, starts: readonly TopicPartitionOffset[]): ListEntry {
  const start = starts.find(
    ({ topic, partition: id }) => topic === partition.topic && id === partition.partition,
  );
  return start ? { ...partition, offset: start.offset } : partition;
}
