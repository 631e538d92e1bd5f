/**
 * Takes records out of a partition's queue into JavaScript memory, many at a time. Three costs decide the rate, and each is paid as few times
 * as possible: message structs are copied whole and read from a typed array; keys and values that lie side by side, as they do
 * in a fetched (and decompressed) batch, are copied in one run; every message is destroyed before this returns, so no native memory
 * outlives the call.
 */
import { address, libc, NativeMemory, type Pointer, readString } from "./ffi.ts";
import { message as field } from "./layout.ts";
import { librdkafka } from "./library.ts";

const words = field.size / 4;

/**
 * Bytes between two pieces that are still copied with them: record framing, a small header. Less than a page, so whatever lies between is mapped
 * memory: it shares its pages with the pieces on either side.
 */
const largestGap = 512;

export type HeaderList = readonly (readonly [name: string, value: Buffer | null])[];

/** Records of one partition, as columns. */
export interface FetchedRecords {
  readonly count: number;
  readonly bytes: Buffer;
  /** Four a record: key start, key length, value start, value length in `bytes`; a length of -1 is null. */
  readonly extents: Int32Array;
  readonly offsets: Float64Array;
  /** Milliseconds since the epoch, -1 where the record has none. */
  readonly timestamps: Float64Array;
  /** By record index; only records that have headers. */
  readonly headers: ReadonlyMap<number, HeaderList>;
}

/** A message that stands for an error of its partition, or for its end, instead of a record. */
export type FetchError = { readonly code: number; readonly message: string; readonly offset: number };

export class Fetcher {
  readonly #pointers: NativeMemory;
  readonly #messages: NativeMemory;
  readonly #out = new NativeMemory(24);

  constructor(private readonly maxRecords: number) {
    this.#pointers = new NativeMemory(maxRecords * 8);
    this.#messages = new NativeMemory(maxRecords * field.size);
  }

  /** What the queue holds now, up to `maxRecords`; null when that is nothing but errors, which go to `onError`. */
  take(queue: Pointer, onError: (error: FetchError) => void): FetchedRecords | null {
    const lib = librdkafka();
    const taken = Number(lib.rd_kafka_consume_batch_queue(queue, 0, this.#pointers.address, this.maxRecords));
    if (taken <= 0) return null;
    try {
      return this.#copy(this.#records(taken, onError));
    } finally {
      for (let i = 0; i < taken; i++) lib.rd_kafka_message_destroy(this.#pointers.getSize(i * 2));
    }
  }

  /** Copies the structs and moves errors out of the way: the first `count` structs and pointers are records afterwards. */
  #records(taken: number, onError: (error: FetchError) => void): number {
    const { address: base, i32 } = this.#messages;
    for (let i = 0; i < taken; i++)
      libc.memcpy(base + i * field.size, this.#pointers.getSize(i * 2), field.size);
    let failed = 0;
    for (let i = 0; i < taken; i++) if (i32[i * words] !== 0) failed++;
    if (failed === 0) return taken;
    return this.#setErrorsAside(taken, onError);
  }

  #setErrorsAside(taken: number, onError: (error: FetchError) => void): number {
    const { bytes, i32 } = this.#messages;
    const { u32 } = this.#pointers;
    let count = 0;
    for (let i = 0; i < taken; i++) {
      const code = i32[i * words]!;
      const pointer = this.#pointers.getSize(i * 2);
      if (code !== 0) {
        const offset = this.#messages.getSize(i * words + field.offset / 4);
        onError({ code, message: librdkafka().rd_kafka_message_errstr(pointer) ?? "", offset });
        continue;
      }
      if (i !== count) {
        bytes.copyWithin(count * field.size, i * field.size, (i + 1) * field.size);
        // Swapped, not overwritten: every pointer must still be destroyed once.
        for (const half of [0, 1])
          [u32[count * 2 + half], u32[i * 2 + half]] = [u32[i * 2 + half]!, u32[count * 2 + half]!];
      }
      count++;
    }
    return count;
  }

  #copy(count: number): FetchedRecords | null {
    if (count === 0) return null;
    const lib = librdkafka();
    const extents = new Int32Array(count * 4);
    const offsets = new Float64Array(count);
    const timestamps = new Float64Array(count);
    const headers = new Map<number, HeaderList>();
    const bytes = this.#copyBytes(count, extents);
    for (let i = 0; i < count; i++) {
      const message = this.#pointers.getSize(i * 2);
      offsets[i] = this.#messages.getSize(i * words + field.offset / 4);
      timestamps[i] = Number(lib.rd_kafka_message_timestamp(message, null));
      if (lib.rd_kafka_message_headers(message, this.#out.address) === 0) {
        headers.set(i, this.#readHeaders(this.#out.getSize(0)));
      }
    }
    return { count, bytes, extents, offsets, timestamps, headers };
  }

  /** Lays the pieces out in runs, then copies each run. A run is kept as (source, target, size) triples. */
  #copyBytes(count: number, extents: Int32Array): Buffer {
    const messages = this.#messages;
    const { u32 } = messages;
    const runs: number[] = [];
    let start = 0; // of the current run, in native memory
    let end = 0;
    let target = 0; // of the current run, in `bytes`
    for (let piece = 0; piece < count * 2; piece++) {
      const isKey = (piece & 1) === 0;
      const at = (piece >> 1) * words + (isKey ? field.key : field.payload) / 4;
      const source = messages.getSize(at);
      // key: pointer, length; payload: pointer, length. Both lie next to each other in the struct.
      const length = u32[at + 2]!;
      const extent = (piece >> 1) * 4 + (isKey ? 0 : 2);
      if (source === 0) {
        extents[extent + 1] = -1;
        continue;
      }
      const gap = source - end;
      if (gap < 0 || gap > largestGap) {
        if (end > start) runs.push(start, target, end - start);
        target += end - start;
        start = source;
      }
      end = source + length;
      extents[extent] = target + (source - start);
      extents[extent + 1] = length;
    }
    if (end > start) runs.push(start, target, end - start);
    // Never tiny: see ffi.ts on small typed arrays.
    const bytes = Buffer.allocUnsafeSlow(Math.max(4096, target + end - start));
    const base = address(bytes);
    for (let i = 0; i < runs.length; i += 3) libc.memcpy(base + runs[i + 1]!, runs[i]!, runs[i + 2]!);
    return bytes;
  }

  #readHeaders(headers: Pointer): HeaderList {
    const lib = librdkafka();
    const out = this.#out;
    const count = Number(lib.rd_kafka_header_cnt(headers));
    return Array.from({ length: count }, (_, i) => {
      lib.rd_kafka_header_get_all(headers, i, out.address, out.address + 8, out.address + 16);
      const [name, value, size] = [out.getSize(0), out.getSize(2), out.getSize(4)];
      if (value === 0) return [readString(name)!, null] as const;
      const copy = Buffer.allocUnsafeSlow(size);
      if (size > 0) libc.memcpy(copy, value, size);
      return [readString(name)!, copy] as const;
    });
  }
}
