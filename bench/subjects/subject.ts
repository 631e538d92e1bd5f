/**
 * What every measured program has in common, ours and the peers': settings come from the environment, payloads from one file that all of
 * them read, and the outcome is one line of JSON on stdout. Only Node's own modules are used: peers on Node run this very file.
 */
import { readFileSync } from "node:fs";

/** A record to send: an order of 250 bytes under its 36-byte id. */
export interface Payload {
  readonly key: Buffer;
  readonly value: Buffer;
}

function text(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: this program is started by bench/main.ts`);
  return value;
}

function number(name: string): number {
  return Number(text(name));
}

/** What to do and how, as harness/subject-process.ts sets it. */
export const settings = {
  brokers: text("BENCH_BROKERS"),
  topic: text("BENCH_TOPIC"),
  groupId: text("BENCH_GROUP"),
  /** Stop after this many records beyond the warm-up, or at `seconds`, whichever comes first. */
  records: number("BENCH_RECORDS"),
  seconds: number("BENCH_SECONDS"),
  /** Records before the clock starts: connections, JIT. */
  warmup: number("BENCH_WARMUP"),
  idleSeconds: number("BENCH_IDLE_SECONDS"),
  lingerMs: number("BENCH_LINGER_MS"),
  batchBytes: number("BENCH_BATCH_BYTES"),
  queueRecords: number("BENCH_QUEUE_RECORDS"),
  queueBytes: number("BENCH_QUEUE_BYTES"),
};

/** The same settings in librdkafka's words, for clients that are built on it. */
export function librdkafkaProperties(kind: "PRODUCER" | "CONSUMER"): Record<string, string> {
  const lines = text(`BENCH_${kind}_PROPERTIES`).split("\n");
  return Object.fromEntries(lines.map((line) => line.split("=", 2) as [string, string]));
}

/** The payload file: key length, key, value length, value, and so on; lengths are 32 bit, little-endian. */
export function readPayloads(path = text("BENCH_PAYLOAD")): Payload[] {
  const bytes = readFileSync(path);
  const payloads: Payload[] = [];
  let at = 0;
  const next = (): Buffer => {
    const start = at + 4;
    at = start + bytes.readUInt32LE(at);
    return bytes.subarray(start, at);
  };
  while (at < bytes.length) payloads.push({ key: next(), value: next() });
  return payloads;
}

/** Batches of 1000 to be sent in turn, over and over. */
export function readBatches<T>(make: (payload: Payload) => T, size = 1000): T[][] {
  const payloads = readPayloads();
  const batches: T[][] = [];
  for (let i = 0; i + size <= payloads.length; i += size) batches.push(payloads.slice(i, i + size).map(make));
  return batches;
}

/** What a JIT compiler needs; a million records take a slow client half a minute. */
const longestWarmupSeconds = 5;

/** The clock of a run: started once the warm-up is over, and saying when to stop. */
export class Clock {
  readonly #createdAt = performance.now();
  #startedAt = 0;
  #warm = 0;

  get started(): boolean {
    return this.#startedAt > 0;
  }

  /** Whether a warm-up with `total` records sent is long enough. */
  warmedUp(total: number): boolean {
    return total >= settings.warmup || performance.now() - this.#createdAt >= longestWarmupSeconds * 1000;
  }

  /** Starts with `total` records already done. */
  start(total: number): void {
    this.#warm = total;
    this.#startedAt = performance.now();
  }

  /** Whether a run with `total` records done is over. */
  over(total: number): boolean {
    if (!this.started) return false;
    return total >= settings.warmup + settings.records || this.seconds >= settings.seconds;
  }

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  /** The figures of a run that is over now. */
  result(total: number): { records: number; total: number; seconds: number } {
    return { records: total - this.#warm, total, seconds: this.seconds };
  }
}

const maxPartitions = 256;

/** What is read of `RecordColumns` of `@campus/kafka`, which peers on Node can't import. */
interface Columns {
  readonly bytes: Uint8Array;
  readonly keyStarts: Int32Array;
  readonly keyLengths: Int32Array;
  readonly valueStarts: Int32Array;
  readonly valueLengths: Int32Array;
  readonly offsets: Float64Array;
}

/** Counts what a consumer reads. Key, value and offset of each record are looked at, and the offsets can be checked for gaps afterwards. */
export class ReadTally {
  readonly clock = new Clock();
  total = 0;
  #bytes = 0;
  #checksum = 0;
  // By partition; doubles, since sums of offsets pass 32 bits.
  readonly #counts = new Float64Array(maxPartitions);
  readonly #offsetSums = new Float64Array(maxPartitions);
  readonly #lastOffsets = new Float64Array(maxPartitions);

  read(partition: number, offset: number, key: Uint8Array, value: Uint8Array): void {
    this.#count(partition, offset, key.length + value.length, key[0]! + value[value.length >> 1]!);
  }

  /** The same of all records of a batch, where they are columns. */
  readColumns(partition: number, columns: Columns): void {
    const { bytes, keyStarts, keyLengths, valueStarts, valueLengths, offsets } = columns;
    for (let i = 0; i < offsets.length; i++) {
      const valueLength = valueLengths[i]!;
      const looked = bytes[keyStarts[i]!]! + bytes[valueStarts[i]! + (valueLength >> 1)]!;
      this.#count(partition, offsets[i]!, keyLengths[i]! + valueLength, looked);
    }
  }

  #count(partition: number, offset: number, bytes: number, looked: number): void {
    this.total++;
    this.#bytes += bytes;
    this.#checksum += looked;
    this.#counts[partition]!++;
    this.#offsetSums[partition]! += offset;
    this.#lastOffsets[partition] = offset;
  }

  /** To be called after each batch. True when enough has been read. */
  endOfBatch(): boolean {
    if (!this.clock.started && this.total >= settings.warmup) this.clock.start(this.total);
    return this.clock.over(this.total);
  }

  result(): object {
    return {
      ...this.clock.result(this.total),
      bytes: this.#bytes,
      checksum: this.#checksum,
      partitions: Array.from(this.#counts, (count, partition) => ({
        partition,
        count,
        offsetSum: this.#offsetSums[partition],
        lastOffset: this.#lastOffsets[partition],
      })).filter(({ count }) => count > 0),
    };
  }
}

/** The median and the 99th percentile of round trips in milliseconds, as microseconds. */
export function percentiles(millis: Float64Array): { p50Us: number; p99Us: number } {
  const sorted = millis.toSorted();
  const at = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]! * 1000);
  return { p50Us: at(0.5), p99Us: at(0.99) };
}

/** Hands the outcome to the harness. */
export function report(outcome: object): void {
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}
