/**
 * The consumer: a member of a group that hands out batches, each of one partition, in order. A partition has at most one batch out at a
 * time; different partitions may be worked on side by side. Nothing is fetched ahead into JavaScript: what waits, waits in
 * librdkafka's bounded queues.
 */

import { AssignedPartition, Assignment } from "./assignment.ts";
import { Batch, type ConsumerRecord } from "./batch.ts";
import { CommittedOffsets } from "./committed-offsets.ts";
import { consumerProperties } from "./config.ts";
import type { ConsumerCounters, ConsumerOptions, Watermarks } from "./consumer-options.ts";
import { KafkaError } from "./error.ts";
import { isMember, leavesByUnsubscribing } from "./membership.ts";
import { ErrCode } from "./native/error-codes.ts";
import { EventType } from "./native/event-type.ts";
import { type FetchError, Fetcher } from "./native/fetch.ts";
import type { Pointer } from "./native/ffi.ts";
import { Handle } from "./native/handle.ts";
import { check, errorOf, librdkafka, takeError } from "./native/library.ts";
import { NativeClient } from "./native/native-client.ts";
import { createPartitionList, type ListEntry } from "./native/partition-list.ts";
import { listOffsets, type OffsetSpec } from "./offsets.ts";
import { checkOptions } from "./option-check.ts";
import {
  commitOffsets,
  offsetOf,
  pausePartitions,
  positionsOf,
  resumePartitions,
  seekPartitions,
} from "./positions.ts";
import { Rebalance } from "./rebalance.ts";
import type { TopicPartition, TopicPartitionLag, TopicPartitionOffset } from "./record.ts";
import { withRetries } from "./retry.ts";
import { Watchdog } from "./watchdog.ts";

/** Polls the group's queue at least this often, so that a long-running batch handler is not taken for dead (max.poll.interval.ms). */
const pollIntervalMs = 1_000;
const requestTimeoutMs = 10_000;
/** A reader of a backlog lets the event loop turn at least this often, or its promises alone would keep timers, sockets and signals waiting. */
const turnMs = 10;
/** What leaving the group may still take once its partitions are given back. */
const leaveTimeoutMs = 1_000;

/** A group's member, or a reader of given partitions. Its iterators and `run` share what comes: use one at a time. */
export class Consumer implements AsyncDisposable, AsyncIterable<Batch> {
  readonly #client: NativeClient;
  readonly #assignment = new Assignment();
  readonly #rebalance: Rebalance;
  readonly #fetcher: Fetcher;
  readonly #committed: CommittedOffsets;
  readonly #options: ConsumerOptions;
  readonly #pollTimer: NodeJS.Timeout;
  readonly #watchdog: Watchdog | null = null;
  readonly #counters = { batches: 0, records: 0, bytes: 0, commits: 0 };
  #waiting: (() => void)[] = [];
  #turnedAt = 0;
  #failure: unknown = null;
  #closing: Promise<void> | null = null;

  /** @internal Use `createConsumer`. */
  constructor(options: ConsumerOptions) {
    this.#options = options;
    this.#fetcher = new Fetcher(options.maxBatchRecords ?? 2_000);
    this.#client = new NativeClient({
      type: "consumer",
      properties: consumerProperties(options),
      handlers: options,
      events: EventType.rebalance | EventType.offsetCommit,
      onEvent: (type, event) => {
        if (type === EventType.rebalance) this.#rebalance.handle(event);
      },
      onWake: () => this.#wake(),
    });
    this.#committed = new CommittedOffsets(this.#client, options.groupId);
    this.#rebalance = new Rebalance({
      client: this.#client,
      assignment: this.#assignment,
      handlers: options,
      drainTimeoutMs: options.drainTimeoutMs ?? 30_000,
      onFailure: (error) => this.#fail(error),
      onChange: () => this.#wake(),
    });
    this.#pollTimer = setInterval(() => this.#client.serve(), pollIntervalMs);
    this.#pollTimer.unref();
    if (options.onStall) {
      const { onStall, stallTimeoutMs = 30_000 } = options;
      this.#watchdog = new Watchdog({
        assignment: this.#assignment,
        lag: () => this.lag(),
        onStall,
        stallTimeoutMs,
      });
    }
    try {
      if (options.partitions) this.#assign(options.partitions);
      else this.#subscribe(options.topics!);
    } catch (error) {
      void this.close();
      throw error;
    }
  }

  #subscribe(topics: readonly string[]): void {
    using list = createPartitionList(topics.map((topic) => ({ topic, partition: -1 })));
    check(librdkafka().rd_kafka_subscribe(this.#client.rk.pointer, list.pointer), "subscribe");
  }

  #assign(partitions: readonly ListEntry[]): void {
    for (const { topic, partition } of partitions) {
      const assigned = new AssignedPartition(this.#client, topic, partition);
      assigned.state = "held";
      this.#assignment.add(assigned);
    }
    using list = createPartitionList(partitions);
    check(librdkafka().rd_kafka_assign(this.#client.rk.pointer, list.pointer), "assign");
  }

  /**
   * Batches as they come. Asking for the next one says that the last one is done; leaving the loop says so too, and leaves the consumer
   * open. Ends when the consumer is closed; throws when it can't go on.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, void> {
    for (;;) {
      const taken = await this.#next(() => false);
      if (!taken) return;
      try {
        yield taken.batch;
      } finally {
        this.#end(taken.partition);
      }
    }
  }

  /** Records one by one, for programs that are not in a hurry. Commit with `commit`. */
  async *records(): AsyncGenerator<ConsumerRecord, void, void> {
    for await (const batch of this) yield* batch;
  }

  /**
   * Runs `handler` on every batch until the consumer is closed: up to `concurrency` at a time (default 1), of different partitions, in
   * order within each. A handler that throws stops the run, which rejects with what it threw; its batch is not committed.
   */
  async run(
    handler: (batch: Batch) => Promise<void> | void,
    { concurrency = 1 }: { concurrency?: number } = {},
  ): Promise<void> {
    let stopped = false;
    const worker = async (): Promise<void> => {
      for (;;) {
        const taken = await this.#next(() => stopped);
        if (!taken) return;
        try {
          await handler(taken.batch);
        } catch (error) {
          stopped = true;
          throw error;
        } finally {
          this.#end(taken.partition);
        }
      }
    };
    const results = await Promise.allSettled(Array.from({ length: concurrency }, worker));
    const rejected = results.find((result) => result.status === "rejected");
    if (rejected) throw rejected.reason;
  }

  /**
   * Commits offsets: of each partition the next one to read. Resolves when the broker has them. A commit that meets a rebalance
   * (`REBALANCE_IN_PROGRESS`, `ILLEGAL_GENERATION`, `STALE_MEMBER_EPOCH`) is repeated while its partitions are still this consumer's, for up to 10 s.
   * @throws KafkaError `_ASSIGNMENT_LOST` for a partition that is not this consumer's, or the broker's error
   */
  async commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const partitions = offsets.map((offset) => {
      const partition = this.#assignment.get(offset);
      if (!partition) throw notOurs(offset);
      return partition;
    });
    if (offsets.length > 0) await this.#commit(partitions, offsets);
  }

  /** The partitions this consumer holds now. */
  assignment(): TopicPartition[] {
    return this.#assignment
      .all()
      .filter(({ state }) => state === "held")
      .map(({ topic, partition }) => ({ topic, partition }));
  }

  /**
   * Committed offsets of this group with their metadata; -1 where there is none.
   * @throws KafkaError `_STATE` while the consumer is closing: ask before, `onRevoked` is too late then
   */
  committed(partitions: readonly TopicPartition[] = this.assignment()): Promise<TopicPartitionOffset[]> {
    return partitions.length === 0 ? Promise.resolve([]) : this.#committed.ask(partitions, requestTimeoutMs);
  }

  /** The offset after the last record handed out, a partition; -1 before the first. */
  position(partitions: readonly TopicPartition[] = this.assignment()): TopicPartitionOffset[] {
    return positionsOf(this.#client, partitions);
  }

  /** Offsets by first, last or time, asked of the brokers. With `read_committed` the last is the end of what may be read now. */
  offsets(specs: readonly OffsetSpec[]): Promise<TopicPartitionOffset[]> {
    return listOffsets(this.#client, specs, requestTimeoutMs, this.#options.isolation ?? "read_committed");
  }

  /** How far behind each held partition is: the log's end asked of the brokers, less this consumer's position or committed offset. */
  async lag(): Promise<TopicPartitionLag[]> {
    const held = this.assignment();
    const [ends, committed] = await Promise.all([
      this.offsets(held.map((partition) => ({ ...partition, at: "latest" as const }))),
      this.committed(held),
    ]);
    const positions = this.position(held);
    return held.map((partition) => {
      const [high, reached] = [offsetOf(ends, partition), offsetOf(positions, partition)];
      const position = reached >= 0 ? reached : offsetOf(committed, partition);
      return { ...partition, position, high, lag: Math.max(0, high - Math.max(0, position)) };
    });
  }

  /** What was handed out and committed since the consumer was created. */
  get counters(): ConsumerCounters {
    return { ...this.#counters };
  }

  /** The log's first offset and end, a partition, asked of the brokers. */
  async watermarks(partitions: readonly TopicPartition[] = this.assignment()): Promise<Watermarks[]> {
    const [low, high] = await Promise.all([
      this.offsets(partitions.map((partition) => ({ ...partition, at: "earliest" as const }))),
      this.offsets(partitions.map((partition) => ({ ...partition, at: "latest" as const }))),
    ]);
    return partitions.map(({ topic, partition }) => ({
      topic,
      partition,
      low: offsetOf(low, { topic, partition }),
      high: offsetOf(high, { topic, partition }),
    }));
  }

  /** Stops handing out batches of these partitions; membership and position stay. */
  pause(partitions: readonly TopicPartition[]): void {
    pausePartitions(this.#client, partitions);
  }

  /** Hands out batches of these partitions again. */
  resume(partitions: readonly TopicPartition[]): void {
    resumePartitions(this.#client, partitions);
  }

  /** Goes on from these offsets. Batches already handed out are not taken back. */
  async seek(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    seekPartitions(this.#client, offsets);
    for (const offset of offsets) {
      const partition = this.#assignment.get(offset);
      if (partition) partition.reachedEnd = partition.toldEnd = -1;
    }
    this.#wake();
  }

  /** @internal The group's name, generation and member for a transaction's offsets; the caller releases it. */
  groupMetadata(): Handle {
    const lib = librdkafka();
    return new Handle(
      "group metadata",
      lib.rd_kafka_consumer_group_metadata(this.#client.rk.pointer),
      (pointer) => lib.rd_kafka_consumer_group_metadata_destroy(pointer),
    );
  }

  /**
   * Leaves the group in order: iterators end after the batch in hand, partitions are drained and given back, the client is destroyed.
   * Not to be awaited inside the loop over the consumer: the batch in hand would wait for itself until `timeoutMs` (default 10 000).
   */
  close({ timeoutMs = 10_000 }: { timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeoutMs: number): Promise<void> {
    const lib = librdkafka();
    const deadline = performance.now() + timeoutMs;
    this.#wake();
    const rk = this.#client.rk.pointer;
    this.#committed.leave();
    await this.#leave(rk, deadline);
    const refused = lib.rd_kafka_consumer_close_queue(rk, this.#client.queue.pointer);
    if (refused) this.#options.onError?.(takeError(refused, "close"));
    // Closing makes librdkafka revoke what is held, which goes the way of every revocation.
    const closed = () => lib.rd_kafka_consumer_closed(rk) !== 0;
    await this.#serveUntil(closed, deadline);
    this.#rebalance.hurry();
    await this.#serveUntil(closed, performance.now() + leaveTimeoutMs);
    this.#watchdog?.stop();
    clearInterval(this.#pollTimer);
    for (const partition of this.#assignment.all()) this.#assignment.drop(partition);
    await this.#committed.close();
    await this.#client.destroy();
    this.#wake();
  }

  /** Leaves the group where closing would not do it, or not in time. What is held goes the way of every revocation. */
  async #leave(rk: Pointer, deadline: number): Promise<void> {
    if (!leavesByUnsubscribing(rk, consumerProperties(this.#options))) return;
    const refused = librdkafka().rd_kafka_unsubscribe(rk);
    if (refused) this.#options.onError?.(errorOf(refused, "leave the group"));
    else await this.#serveUntil(() => !isMember(rk), deadline);
  }

  /** Serves the group until something is so, or the deadline. */
  async #serveUntil(done: () => boolean, deadline: number): Promise<void> {
    while (!done() && performance.now() < deadline) {
      this.#client.serve();
      await Promise.race([new Promise<void>((resolve) => this.#waiting.push(resolve)), Bun.sleep(10)]);
    }
  }

  /** The next batch of any partition that has one and none out; null once closed or stopped. */
  async #next(stopped: () => boolean): Promise<{ batch: Batch; partition: AssignedPartition } | null> {
    for (;;) {
      if (this.#failure) throw this.#failure;
      if (this.#closing || stopped()) return null;
      if (performance.now() - this.#turnedAt > turnMs) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        this.#turnedAt = performance.now();
        continue;
      }
      const taken = this.#take();
      if (taken) return taken;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** A batch is done. Its partition may have more: whoever waits for work must look again. */
  #end(partition: AssignedPartition): void {
    partition.end();
    this.#tellEnd(partition);
    this.#wake();
  }

  #take(): { batch: Batch; partition: AssignedPartition } | null {
    for (const partition of this.#assignment.inTurn()) {
      if (partition.busy || partition.state !== "held") continue;
      const records = this.#fetcher.take(partition.queue.pointer, (error) =>
        this.#fetchFailed(partition, error),
      );
      if (!records) {
        this.#tellEnd(partition);
        continue;
      }
      partition.begin();
      this.#assignment.served(partition);
      this.#counters.batches++;
      this.#counters.records += records.count;
      this.#counters.bytes += records.bytes.length;
      const { topic, partition: id } = partition;
      const commit = (offset: number, metadata?: string): Promise<void> =>
        this.#commit(
          [partition],
          [{ topic, partition: id, offset, ...(metadata === undefined ? {} : { metadata }) }],
        );
      return { batch: new Batch(topic, id, records, commit), partition };
    }
    return null;
  }

  /** One after another a partition: a commit that had to be repeated must not undo a later one. */
  #commit(partitions: readonly AssignedPartition[], offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const before = Promise.all(partitions.map(({ committing }) => committing));
    const commit = before.then(() => this.#commitNow(partitions, offsets));
    const settled = commit.catch(() => undefined);
    for (const partition of partitions) partition.committing = settled;
    return commit;
  }

  async #commitNow(
    partitions: readonly AssignedPartition[],
    offsets: readonly TopicPartitionOffset[],
  ): Promise<void> {
    const options = { operation: "commit", kind: "committing", timeoutMs: requestTimeoutMs } as const;
    await withRetries(this.#client, options, async () => {
      const lost = partitions.find(({ state }) => state === "gone");
      if (lost) throw notOurs(lost);
      await commitOffsets(this.#client, offsets);
    });
    this.#counters.commits++;
  }

  /** That all of a partition was worked on is told once no batch of it is out. */
  #tellEnd(partition: AssignedPartition): void {
    const { topic, partition: id, reachedEnd, toldEnd } = partition;
    if (partition.busy || partition.state === "gone" || reachedEnd <= toldEnd) return;
    partition.toldEnd = reachedEnd;
    this.#options.onEnd?.({ topic, partition: id, offset: reachedEnd });
  }

  #fetchFailed(assigned: AssignedPartition, { code, message, offset }: FetchError): void {
    const { topic, partition } = assigned;
    if (code === partitionEnd) {
      assigned.reachedEnd = offset;
      return;
    }
    const error = errorOf(code, `consume ${topic}/${partition}`, message);
    if (code === autoOffsetReset) this.#fail(error);
    else this.#options.onError?.(error);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#wake();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** `_PARTITION_EOF`: no error; all that readers may see of the partition now has been fetched. */
const partitionEnd = -191;
/** `_AUTO_OFFSET_RESET`: there is no offset to begin with, and the options say that this is an error. */
const autoOffsetReset = -140;

function notOurs({ topic, partition }: TopicPartition): KafkaError {
  return new KafkaError({
    code: ErrCode.assignmentLost,
    operation: "commit",
    message: `${topic}/${partition} is not this consumer's (any more); its new owner reads those records again`,
  });
}

/** Creates a consumer and joins the group in the background. @throws KafkaError `_INVALID_ARG` for a bad option */
export function createConsumer(options: ConsumerOptions): Consumer {
  checkOptions("consumer", options);
  return new Consumer(options);
}
