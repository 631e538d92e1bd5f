/**
 * Sends a range of a topic's records into another topic, exactly once: each transaction holds a slice of records and how far it goes, as
 * offsets of a group that is named after the run. So a run that ends early, however it ends, is taken up where it was, and nothing that is
 * visible to readers of committed records is there twice.
 */
import {
  type ConsumerRecord,
  createConsumer,
  createTransactionalProducer,
  KafkaError,
  type ProducerRecord,
  type TopicDescription,
  type TopicPartitionOffset,
  type TransactionalProducer,
} from "@campus/kafka";
import type { Connection } from "./connection.ts";
import { pause } from "./interruption.ts";
import type { Filter } from "./record-filter.ts";
import type { Beginning } from "./starting-point.ts";
import { placeOf } from "./topics.ts";

/** Its committed offsets say how far a run has come. */
export const replayGroup = (name: string) => `orders-replay.${name}`;

/** Where a replayed record comes from. One that is replayed twice carries these twice: the last of a name counts. */
export const PROVENANCE = {
  run: "replay.run",
  topic: "replay.source.topic",
  partition: "replay.source.partition",
  offset: "replay.source.offset",
} as const;

/** Records in a transaction at most; at a slow rate fewer, so that none stays open for longer than about a second. */
const SLICE_RECORDS = 1_000;
/** Longer than a transaction of ours stays open; Kafka's limit for those of others is 15 minutes by default. */
const STALL_TIMEOUT_MS = 60_000;
const SAID_AFTER_MS = 5_000;
/** librdkafka may miss the group's coordinator for good: a new producer finds it. */
const OFFSETS_TIMEOUT_MS = 3_000;
const ATTEMPTS = 8;
const RETRY_PAUSE_MS = 500;
/** `_FENCED`. */
const FENCED = -144;

/**
 * The producer of a run, registered: a run of the same name that is still at it can commit nothing any more. Only then may be read how far the run has
 * come, else what the other one commits meanwhile would be sent twice.
 * @throws KafkaError
 */
export async function takeOver({ kafka }: Connection, name: string): Promise<TransactionalProducer> {
  const producer = createTransactionalProducer({
    ...kafka,
    clientId: "orders",
    transactionalId: replayGroup(name),
    offsetsTimeoutMs: OFFSETS_TIMEOUT_MS,
    onLog: () => undefined,
  });
  try {
    await producer.initialise();
    return producer;
  } catch (error) {
    await producer.abandon();
    throw error;
  }
}

export interface ReplayJob {
  readonly name: string;
  /** From `takeOver`, before the stretches were read; none for a run that only reads. It is closed with the run. */
  readonly producer: TransactionalProducer | undefined;
  readonly stretches: readonly Beginning[];
  readonly target: TopicDescription;
  /** Keep each record's partition rather than have its key decide. */
  readonly keepsPartitions: boolean;
  readonly matches: Filter;
  /** Records a second at most. */
  readonly rate: number;
  /** Records at most. */
  readonly max: number;
  /** False: only read, and count. */
  readonly execute: boolean;
  readonly interrupted: AbortSignal;
  readonly onProgress: (done: ReplayProgress) => void;
  /** Told where a transaction is open for some seconds already, which hides all from there on. */
  readonly onWaiting: (partition: number, offset: number) => void;
  /** Told once where the cluster forgets the offsets of transactions, so that a run that is killed may send up to a slice twice. */
  readonly onForgottenOffsets: () => void;
}

export interface ReplayProgress {
  /** Offsets gone through, of all that lie in the range. */
  readonly passed: number;
  /** Records that matched, and were sent if that was asked for. */
  readonly sent: number;
}

export interface ReplayOutcome extends ReplayProgress {
  /** The next offset of each partition, in the order of the job's stretches. */
  readonly next: readonly number[];
  /** Partitions where nothing came although there is more: a transaction was left open there. */
  readonly stalled: readonly number[];
}

/** Runs until all is sent, `max` is reached, or it is interrupted. @throws KafkaError; the group then says how far it came */
export async function replay(connection: Connection, job: ReplayJob): Promise<ReplayOutcome> {
  if (job.stretches.every(({ start, end }) => start >= end)) {
    return { passed: 0, sent: 0, next: job.stretches.map(({ start }) => start), stalled: [] };
  }
  const run = new Run(connection, job);
  try {
    await run.read();
  } finally {
    await run.close();
  }
  return run.outcome();
}

class Run {
  readonly #connection: Connection;
  readonly #job: ReplayJob;
  readonly #next: Map<string, number>;
  /** What is still to be gone through. */
  readonly #open: Map<string, Beginning>;
  readonly #stalled: number[] = [];
  readonly #over = new AbortController();
  readonly #consumer;
  #producer: TransactionalProducer | undefined;
  /** Whether the cluster keeps the offsets of transactions: the embedded one forgets them. Known after the first. */
  #keepsOffsets: boolean | undefined;
  #sent = 0;
  #dueAt = performance.now();

  constructor(connection: Connection, job: ReplayJob) {
    this.#connection = connection;
    this.#job = job;
    this.#producer = job.producer;
    this.#next = new Map(job.stretches.map((of) => [placeOf(of), of.start]));
    this.#open = new Map(
      job.stretches.filter(({ start, end }) => start < end).map((of) => [placeOf(of), of]),
    );
    this.#consumer = createConsumer({
      ...connection.kafka,
      clientId: "orders",
      groupId: replayGroup(job.name),
      partitions: [...this.#open.values()].map(({ topic, partition, start }) => ({
        ...{ topic, partition, offset: start },
      })),
      // What was deleted before it was read is not to be passed over without a word.
      autoOffsetReset: "error",
      onLog: () => undefined,
      onEnd: (end) => this.#reachEnd(end),
    });
  }

  async read(): Promise<void> {
    const { interrupted, max } = this.#job;
    if (interrupted.aborted) return;
    const end = () => void this.#consumer.close();
    interrupted.addEventListener("abort", end, { once: true });
    for await (const batch of this.#consumer) {
      const place = placeOf(batch);
      const of = this.#open.get(place);
      if (of === undefined) continue;
      for (const slice of this.#slicesOf(batch, of.end)) {
        await this.#send(slice);
        if (interrupted.aborted || this.#sent >= max) break;
      }
      if (interrupted.aborted || this.#sent >= max) break;
      // Markers of transactions and what compaction took away have offsets too, and are handed out to nobody.
      this.#passTo(place, batch.lastOffset + 1);
      if (this.#open.size === 0) break;
    }
    interrupted.removeEventListener("abort", end);
  }

  async close(): Promise<void> {
    this.#over.abort();
    await Promise.all([this.#consumer.close(), this.#producer?.close()]);
  }

  outcome(): ReplayOutcome {
    const next = this.#job.stretches.map((of) => this.#next.get(placeOf(of))!);
    const passed = this.#job.stretches.reduce((sum, { start }, i) => sum + next[i]! - start, 0);
    return { passed, sent: this.#sent, next, stalled: this.#stalled };
  }

  /** All that readers of committed records get now. Where that is not the range's end, a transaction is open there. */
  #reachEnd(end: TopicPartitionOffset): void {
    const place = placeOf(end);
    this.#passTo(place, end.offset);
    if (this.#open.has(place)) void this.#awaitMore(place, end);
  }

  async #awaitMore(place: string, { partition, offset }: TopicPartitionOffset): Promise<void> {
    const isHeld = () =>
      !this.#over.signal.aborted && this.#open.has(place) && this.#next.get(place)! <= offset;
    await pause(SAID_AFTER_MS, this.#over.signal);
    if (!isHeld()) return;
    this.#job.onWaiting(partition, offset);
    await pause(STALL_TIMEOUT_MS - SAID_AFTER_MS, this.#over.signal);
    if (!isHeld()) return;
    this.#stalled.push(partition);
    this.#open.delete(place);
    this.#endIfDone();
  }

  #passTo(place: string, offset: number): void {
    const of = this.#open.get(place);
    if (of === undefined) return;
    this.#next.set(place, Math.max(this.#next.get(place)!, Math.min(offset, of.end)));
    if (offset >= of.end) this.#open.delete(place);
    this.#endIfDone();
  }

  #endIfDone(): void {
    if (this.#open.size === 0) void this.#consumer.close();
  }

  *#slicesOf(batch: Iterable<ConsumerRecord>, end: number): Iterable<Slice> {
    const { rate, matches } = this.#job;
    const most = Math.min(SLICE_RECORDS, Math.max(1, Math.floor(rate)));
    let slice: Slice | undefined;
    for (const record of batch) {
      if (record.offset >= end) break;
      slice ??= { topic: record.topic, partition: record.partition, next: record.offset, records: [] };
      // Full, or all that may be sent: what follows is not gone through.
      if (this.#sent + slice.records.length >= this.#job.max) break;
      slice.next = record.offset + 1;
      if (matches(record)) slice.records.push(this.#toSend(record));
      if (slice.records.length < most) continue;
      yield slice;
      slice = undefined;
    }
    if (slice !== undefined) yield slice;
  }

  #toSend({ topic, partition, offset, timestamp, key, value, headers }: ConsumerRecord): ProducerRecord {
    return {
      ...{ key, value },
      ...(timestamp >= 0 && { timestamp }),
      ...(this.#job.keepsPartitions && { partition }),
      headers: [
        ...headers,
        [PROVENANCE.run, this.#job.name],
        [PROVENANCE.topic, topic],
        [PROVENANCE.partition, String(partition)],
        [PROVENANCE.offset, String(offset)],
      ],
    };
  }

  async #send(slice: Slice): Promise<void> {
    const { execute, rate, interrupted, onProgress } = this.#job;
    if (execute) {
      await pause(this.#dueAt - performance.now(), interrupted);
      if (interrupted.aborted) return;
      this.#dueAt = Math.max(this.#dueAt, performance.now() - 1_000) + (1_000 * slice.records.length) / rate;
      await this.#sendOnce(slice);
    }
    this.#sent += slice.records.length;
    this.#next.set(placeOf(slice), slice.next);
    onProgress(this.outcome());
  }

  /** Again until it is known to be there. An attempt of unknown outcome is settled by a new producer of the same id, and then the group is asked. */
  async #sendOnce(slice: Slice): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        if (attempt > 1 && (await this.#wentThrough(slice))) return;
        await this.#transact(slice);
        await this.#keepOffsets(slice);
        return;
      } catch (error) {
        await this.#producer?.abandon();
        this.#producer = undefined;
        if (!(error instanceof KafkaError) || isFencing(error) || attempt === ATTEMPTS) throw error;
        await pause(RETRY_PAUSE_MS * attempt, this.#job.interrupted);
      }
    }
  }

  async #transact({ topic, partition, next, records }: Slice): Promise<void> {
    const transaction = await (await this.#connectedProducer()).begin();
    transaction.sendBatch(this.#job.target.topic, records);
    await transaction.sendOffsets(this.#consumer, [{ topic, partition, offset: next }]);
    await transaction.commit();
  }

  /** Where the transaction's offsets are forgotten, they are written behind it: then what it sent may come again after a kill. */
  async #keepOffsets(slice: Slice): Promise<void> {
    if (this.#keepsOffsets === undefined) {
      this.#keepsOffsets = await this.#wentThrough(slice);
      if (!this.#keepsOffsets) this.#job.onForgottenOffsets();
    }
    if (this.#keepsOffsets) return;
    const { topic, partition, next } = slice;
    await this.#connection.admin.alterGroupOffsets(replayGroup(this.#job.name), [
      { topic, partition, offset: next },
    ]);
  }

  /**
   * Whether the group stands behind the slice. After an attempt of unknown outcome it is asked behind a new producer, so that nothing of the attempt can
   * come any more. @throws KafkaError `_FENCED` where another run has gone on meanwhile: it is not to be taken over in turn
   */
  async #wentThrough(slice: Slice): Promise<boolean> {
    await this.#connectedProducer();
    const places = this.#job.stretches.map(({ topic, partition }) => ({ topic, partition }));
    const committed = await this.#connection.admin.groupOffsets(replayGroup(this.#job.name), places);
    const own = placeOf(slice);
    for (const of of committed) {
      const furthest = placeOf(of) === own ? slice.next : this.#next.get(placeOf(of))!;
      if (!this.#open.has(placeOf(of)) || of.offset <= furthest) continue;
      const message = `another run has gone on to ${placeOf(of)}@${of.offset}`;
      throw new KafkaError({ code: FENCED, operation: "replay", message });
    }
    return committed.some((of) => placeOf(of) === own && of.offset >= slice.next);
  }

  /** A second run of the same name takes over: this one is fenced, and ends. */
  async #connectedProducer(): Promise<TransactionalProducer> {
    this.#producer ??= await takeOver(this.#connection, this.#job.name);
    return this.#producer;
  }
}

/** Records of a partition that are sent together, and the offset behind them. */
interface Slice {
  readonly topic: string;
  readonly partition: number;
  next: number;
  readonly records: ProducerRecord[];
}

/** Whether records were deleted, by retention for instance, before the run came to them. */
export function isOfDeletedRecords({ name }: KafkaError): boolean {
  return name === "_AUTO_OFFSET_RESET";
}

export function isFencing({ name }: KafkaError): boolean {
  return name === "_FENCED" || name === "PRODUCER_FENCED" || name === "INVALID_PRODUCER_EPOCH";
}
