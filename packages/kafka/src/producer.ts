/**
 * The producer. Sends are staged as they come and handed to librdkafka by one native call a tick; acknowledgements come back as
 * events and settle the promises. Nothing here waits, or queues without a bound: a full queue refuses.
 */
import { type ClusterDescription, describeCluster } from "./cluster.ts";
import {
  defaultQueuedBytes,
  defaultQueuedRecords,
  type ProducerOptions,
  producerProperties,
} from "./config.ts";
import { BatchDelivery, PendingBatch, PendingRecord, PendingTable, type Report } from "./delivery.ts";
import { KafkaError } from "./error.ts";
import { DeliveryReports } from "./native/delivery-reports.ts";
import { ErrCode } from "./native/error-codes.ts";
import { EventType } from "./native/event-type.ts";
import type { Pointer } from "./native/ffi.ts";
import { errorOf, librdkafka } from "./native/library.ts";
import { NativeClient } from "./native/native-client.ts";
import { PayloadMemory } from "./native/payload-memory.ts";
import { Staging } from "./native/staging.ts";
import { produceTagged } from "./native/tagged-record.ts";
import { checkOptions } from "./option-check.ts";
import type { Delivery, ProducerRecord } from "./record.ts";
import { checkRecord, unwritten } from "./record-check.ts";
import { TopicHandles } from "./topic-handles.ts";

const purgeAll = 0x3; // RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT

/** What became of the records a producer accepted. */
export interface ProducerCounters {
  /** Records the brokers have. */
  readonly acknowledged: number;
  /** Records whose send was rejected after it was accepted. */
  readonly failed: number;
  /** Keys and values of the acknowledged ones. */
  readonly acknowledgedBytes: number;
}

/** Sends records and tells of each where it lies, or why not. */
export class Producer implements AsyncDisposable {
  readonly #client: NativeClient;
  readonly #topics: TopicHandles;
  readonly #pending = new PendingTable();
  readonly #payloads: PayloadMemory;
  readonly #reports: DeliveryReports;
  readonly #staging: Staging;
  readonly #maxRecords: number;
  readonly #maxBytes: number;
  readonly #counters = { acknowledged: 0, failed: 0, acknowledgedBytes: 0 };
  #records = 0;
  #bytes = 0;
  #handover = false;
  #waiting: { records: number; resolve: () => void; reject: (error: unknown) => void }[] = [];
  #idle: (() => void)[] = [];
  #closing: Promise<void> | null = null;

  /** @internal Use `createProducer`. */
  constructor(options: ProducerOptions) {
    this.#maxRecords = options.maxQueuedRecords ?? defaultQueuedRecords;
    this.#maxBytes = options.maxQueuedBytes ?? defaultQueuedBytes;
    const properties = producerProperties(options);
    this.#payloads = new PayloadMemory(this.#maxBytes);
    this.#client = new NativeClient({
      type: "producer",
      properties,
      handlers: options,
      events: EventType.delivery,
      onEvent: (type, event) => {
        if (type !== EventType.delivery) return;
        const { acknowledged } = this.#counters;
        this.#reports.read(event, this.#onReport);
        if (this.#counters.acknowledged > acknowledged) this.#client.reached();
        this.#tellRoom();
      },
    });
    // After the client, which refuses what is no value of a property.
    this.#reports = new DeliveryReports({
      isIdempotent: String(properties["enable.idempotence"]) === "true",
      payloads: this.#payloads,
    });
    this.#topics = new TopicHandles(this.#client.rk);
    this.#staging = new Staging(this.#payloads, (slot, index, bytes, code) => {
      this.#refuse(slot, index, bytes, errorOf(code, "produce"));
    });
  }

  /** Records accepted and not yet acknowledged or failed. */
  get queueDepth(): number {
    return this.#records;
  }

  /** Bytes of their keys and values. */
  get queuedBytes(): number {
    return this.#bytes;
  }

  /** What happened since the producer was created; `acknowledged + failed + queueDepth` is what was accepted. */
  get counters(): ProducerCounters {
    return { ...this.#counters };
  }

  /** The error after which this producer can send nothing more: close it and create another. */
  get fatalError(): KafkaError | null {
    return this.#client.fatalError;
  }

  /**
   * Sends one record; resolves with where it lies once the brokers acknowledged it.
   * @throws KafkaError `_QUEUE_FULL` (see `ready`), `_MSG_TIMED_OUT` after `deliveryTimeoutMs`, a broker's error; `possiblyPersisted`
   *   tells an unknown outcome from a failure. Of a producer that reaches no broker (wrong password, nobody there) the error's `cause` is why,
   *   once the time is up: librdkafka goes on trying until then. `onError` is told at once.
   */
  send(topic: string, record: ProducerRecord): Promise<Delivery> {
    try {
      const handle = this.#admit(topic, 1);
      checkRecord(record);
      const { promise, resolve, reject } = Promise.withResolvers<Delivery>();
      this.#stage(handle, record, this.#pending.take(new PendingRecord(topic, resolve, reject)), 0);
      this.#scheduleHandover();
      return promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Sends many records with one promise. All or none pass the bound in records; after that each succeeds or fails for itself.
   * @throws BatchError naming the failed records; KafkaError
   *   `_QUEUE_FULL` when they don't fit, `_INVALID_ARG` when one is malformed, both with nothing sent
   */
  sendBatch(topic: string, records: readonly ProducerRecord[]): Promise<BatchDelivery> {
    try {
      const handle = this.#admit(topic, records.length);
      for (let i = 0; i < records.length; i++) checkRecord(records[i]!, i);
      if (records.length === 0) return Promise.resolve(emptyDelivery(topic));
      const { promise, resolve, reject } = Promise.withResolvers<BatchDelivery>();
      const slot = this.#pending.take(new PendingBatch(topic, records.length, resolve, reject));
      for (let i = 0; i < records.length; i++) this.#stage(handle, records[i]!, slot, i);
      this.#staging.flush();
      return promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Resolves when the queue has room for `records` more. Rejects if it never can have, or the producer is closed meanwhile. */
  ready(records = 1): Promise<void> {
    if (records > this.#maxRecords) {
      return Promise.reject(
        invalid(`${records} records never fit a queue of ${this.#maxRecords} (maxQueuedRecords)`),
      );
    }
    if (this.#closing) return Promise.reject(closed());
    if (this.#hasRoom(records)) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiting.push({ records, resolve, reject }));
  }

  /**
   * Resolves when everything sent so far is acknowledged or failed.
   * @throws KafkaError `_TIMED_OUT` when that takes longer than `timeoutMs` (default: no limit but `deliveryTimeoutMs`)
   */
  async flush({ timeoutMs = Number.POSITIVE_INFINITY }: { timeoutMs?: number } = {}): Promise<void> {
    this.#staging.flush();
    const deadline = performance.now() + timeoutMs;
    while (this.#records > 0) {
      // Ends the lingering of what is queued: librdkafka sends at once while a flush is under way.
      librdkafka().rd_kafka_flush(this.#client.rk.pointer, 0);
      this.#client.serve();
      if (this.#records === 0) return;
      const left = deadline - performance.now();
      if (left <= 0)
        throw errorOf(ErrCode.timedOut, "flush", `${this.#records} records are not acknowledged yet`);
      await this.#drained(Math.min(left, 10));
    }
  }

  /** Forgets what is queued or in flight: those sends reject with `_PURGE_QUEUE`, or `_PURGE_INFLIGHT` and `possiblyPersisted`. */
  purge(): void {
    this.#staging.flush();
    librdkafka().rd_kafka_purge(this.#client.rk.pointer, purgeAll);
    this.#client.serve();
  }

  /** Asks the cluster for its brokers. A real round trip: it rejects when no broker answers within `timeoutMs` (default 5 000). */
  describeCluster(options: { timeoutMs?: number } = {}): Promise<ClusterDescription> {
    return describeCluster(this.#client, options.timeoutMs ?? 5_000);
  }

  /**
   * Refuses new sends, waits up to `timeoutMs` (default 10 000) for the acknowledgements, gives the rest up (their sends reject) and
   * destroys the client. Closing twice is closing once.
   */
  close({ timeoutMs = 10_000 }: { timeoutMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(timeoutMs: number): Promise<void> {
    const drained = this.flush({ timeoutMs }).catch(() => {
      // What could not be delivered in time is purged: each of its sends says so.
      librdkafka().rd_kafka_purge(this.#client.rk.pointer, purgeAll);
      return this.flush({ timeoutMs: 1_000 }).catch(() => undefined);
    });
    for (const waiter of this.#waiting.splice(0)) waiter.reject(closed());
    await drained;
    this.#topics.release();
    await this.#client.destroy(() => this.#payloads.close());
  }

  /** Checks that `count` records may come in and gives the topic's handle. */
  #admit(topic: string, count: number): Pointer {
    if (this.#closing) throw closed();
    if (this.#client.fatalError) throw this.#client.fatalError;
    if (!this.#hasRoom(count)) {
      throw errorOf(
        ErrCode.queueFull,
        "produce",
        `${count} more records don't fit: ${this.#records} of ${this.#maxRecords} records and ${this.#bytes} of ${this.#maxBytes} bytes are queued; await ready() first`,
      );
    }
    return this.#topics.get(topic);
  }

  #hasRoom(records: number): boolean {
    return this.#records + records <= this.#maxRecords && this.#bytes < this.#maxBytes;
  }

  #stage(topic: Pointer, record: ProducerRecord, slot: number, index: number): void {
    this.#records++;
    try {
      if (record.headers === undefined && record.timestamp === undefined) {
        const { key = null, value, partition = -1 } = record;
        // Not in one expression: records staged before may be handed over first, and be refused, which changes the sum.
        const bytes = this.#staging.add(topic, key, value, partition, slot, index);
        this.#bytes += bytes;
      } else this.#stageAlone(topic, record, slot, index);
    } catch (thrown) {
      this.#refuse(slot, index, 0, unwritten(thrown));
    }
  }

  #stageAlone(topic: Pointer, record: ProducerRecord, slot: number, index: number): void {
    this.#staging.flush();
    const { bytes, error } = produceTagged(this.#client.rk.pointer, topic, record, slot, index);
    this.#bytes += bytes;
    if (error) this.#refuse(slot, index, bytes, error);
  }

  /** One native call for all sends of this turn of the event loop. */
  #scheduleHandover(): void {
    if (this.#handover) return;
    this.#handover = true;
    setImmediate(() => {
      this.#handover = false;
      if (!this.#client.rk.released) this.#staging.flush();
    });
  }

  /** A record librdkafka did not take. */
  #refuse(slot: number, index: number, bytes: number, error: KafkaError): void {
    this.#onReport({ slot, index, partition: -1, offset: -1, timestamp: -1, bytes, error });
    this.#tellRoom();
  }

  #onReport = (report: Report): void => {
    const { bytes, error } = report;
    this.#records--;
    this.#bytes -= bytes;
    if (error) {
      this.#counters.failed++;
      report.error = this.#client.explain(error);
    } else {
      this.#counters.acknowledged++;
      this.#counters.acknowledgedBytes += bytes;
    }
    this.#pending.settle(report);
  };

  /** Once for all reports of an event, since this is as much work as a report itself. */
  #tellRoom(): void {
    if (this.#waiting.length > 0) this.#admitWaiting();
    if (this.#records === 0) for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Resolves when nothing is queued, or after `timeoutMs`. */
  #drained(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    const timer = setTimeout(resolve, timeoutMs);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#idle = this.#idle.filter((waiter) => waiter !== resolve);
    });
  }

  #admitWaiting(): void {
    this.#waiting = this.#waiting.filter((waiter) => {
      if (!this.#hasRoom(waiter.records)) return true;
      waiter.resolve();
      return false;
    });
  }
}

function emptyDelivery(topic: string): BatchDelivery {
  return new BatchDelivery(topic, new Int32Array(0), new Float64Array(0), new Float64Array(0));
}

function invalid(message: string): KafkaError {
  return new KafkaError({ code: ErrCode.invalidArgument, operation: "produce", message });
}

function closed(): KafkaError {
  return new KafkaError({ code: ErrCode.state, operation: "produce", message: "the producer is closed" });
}

/**
 * Creates a producer. It connects in the background; `describeCluster` tells whether it can.
 * @throws KafkaError `_INVALID_ARG` for a bad option
 */
export function createProducer(options: ProducerOptions): Producer {
  checkOptions("producer", options);
  return new Producer(options);
}
