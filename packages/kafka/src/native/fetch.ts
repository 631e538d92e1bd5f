/**
 * Takes records out of a partition's queue into JavaScript memory, many at a time. Four costs decide the rate, and each is paid as few times
 * as possible: message structs are copied whole and read from a typed array; keys and values that lie side by side, as they do
 * in a fetched (and decompressed) batch, are copied in one run; librdkafka is asked for a record's headers only where it may have some;
 * every loop over the records is a method of its own, small enough for the JIT to compile. Every message is destroyed before `take`
 * returns, so no native memory outlives the call.
 */
import { address, libc, NativeMemory, type Pointer, readString } from "./ffi.ts";
import { message as field } from "./layout.ts";
import { librdkafka } from "./library.ts";
import { MessageBlock, messageWords } from "./message-block.ts";

/**
 * Bytes between two pieces that are still copied with them: record framing, a small header. Less than a page, so whatever lies between is mapped
 * memory: it shares its pages with the pieces on either side.
 */
const largestGap = 512;

export type HeaderList = readonly (readonly [name: string, value: Buffer | null])[];

/** Records of one partition as columns: of each array the element at a record's place is that record's. */
export interface RecordColumns {
  /** What keys and values lie in, among other bytes. */
  readonly bytes: Buffer;
  /** Where keys begin in `bytes`. */
  readonly keyStarts: Int32Array;
  /** Bytes of keys; -1 where the record has none. */
  readonly keyLengths: Int32Array;
  /** Where values begin in `bytes`. */
  readonly valueStarts: Int32Array;
  /** Bytes of values; -1 for a tombstone. */
  readonly valueLengths: Int32Array;
  /** Places in the partition. Exact up to 2^53. */
  readonly offsets: Float64Array;
  /** Milliseconds since the epoch, -1 where the record has none. */
  readonly timestamps: Float64Array;
}

export interface FetchedRecords extends RecordColumns {
  readonly count: number;
  /** By record index; only records that have headers. */
  readonly headers: ReadonlyMap<number, HeaderList>;
}

/** A message that stands for an error of its partition, or for its end, instead of a record. */
export type FetchError = { readonly code: number; readonly message: string; readonly offset: number };

export class Fetcher {
  readonly #block: MessageBlock;
  readonly #out = new NativeMemory(24);

  constructor(maxRecords: number) {
    this.#block = new MessageBlock(maxRecords);
  }

  /** What the queue holds now, up to `maxRecords`; null when that is nothing but errors, which go to `onError`. */
  take(queue: Pointer, onError: (error: FetchError) => void): FetchedRecords | null {
    const { pointers, capacity } = this.#block;
    const taken = Number(librdkafka().rd_kafka_consume_batch_queue(queue, 0, pointers.address, capacity));
    if (taken <= 0) return null;
    try {
      this.#block.copy(taken);
      const count = this.#countErrors(taken) === 0 ? taken : this.#setErrorsAside(taken, onError);
      return count === 0 ? null : this.#copyRecords(count);
    } finally {
      this.#destroy(taken);
    }
  }

  #countErrors(taken: number): number {
    let failed = 0;
    for (let i = 0; i < taken; i++) if (this.#block.error(i) !== 0) failed++;
    return failed;
  }

  /** Moves errors out of the way: the first messages of the block are records afterwards. Returns how many. */
  #setErrorsAside(taken: number, onError: (error: FetchError) => void): number {
    const block = this.#block;
    let count = 0;
    for (let i = 0; i < taken; i++) {
      const code = block.error(i);
      if (code === 0) {
        block.swap(count++, i);
        continue;
      }
      const message = librdkafka().rd_kafka_message_errstr(block.pointer(i)) ?? "";
      onError({ code, message, offset: block.offset(i) });
    }
    return count;
  }

  #destroy(taken: number): void {
    const lib = librdkafka();
    const { pointers } = this.#block;
    for (let i = 0; i < taken; i++) lib.rd_kafka_message_destroy(pointers.getSize(i * 2));
  }

  #copyRecords(count: number): FetchedRecords {
    const keys = new Extents(count);
    const values = new Extents(count);
    const runs: number[] = [];
    const bytes = this.#copyRuns(runs, this.#layOut(keys, values, runs));
    const offsets = new Float64Array(count);
    const timestamps = new Float64Array(count);
    this.#readNumbers(offsets, timestamps);
    return {
      count,
      bytes,
      keyStarts: keys.starts,
      keyLengths: keys.lengths,
      valueStarts: values.starts,
      valueLengths: values.lengths,
      offsets,
      timestamps,
      headers: this.#readHeaders(bytes, values),
    };
  }

  /**
   * Lays the pieces out in runs: (source, target, size) triples. Each run is followed by one byte for `#copyRuns` to mark its end with. Returns the
   * bytes needed in all.
   */
  #layOut(keys: Extents, values: Extents, runs: number[]): number {
    const { structs } = this.#block;
    const { u32 } = structs;
    const pieces = keys.starts.length * 2;
    let start = 0; // of the current run, in native memory
    let end = 0;
    let target = 0; // of the current run, in the bytes to be
    for (let piece = 0; piece < pieces; piece++) {
      const isKey = (piece & 1) === 0;
      const index = piece >> 1;
      const { starts, lengths } = isKey ? keys : values;
      const at = index * messageWords + (isKey ? field.key : field.payload) / 4;
      const source = structs.getSize(at);
      // key: pointer, length; payload: pointer, length. Both lie next to each other in the struct.
      const length = u32[at + 2]!;
      if (source === 0) {
        lengths[index] = -1;
        continue;
      }
      const gap = source - end;
      if (gap < 0 || gap > largestGap) {
        if (start !== 0) {
          runs.push(start, target, end - start);
          target += end - start + 1;
        }
        start = source;
      }
      end = source + length;
      starts[index] = target + (source - start);
      lengths[index] = length;
    }
    if (start === 0) return 0;
    runs.push(start, target, end - start);
    return target + end - start + 1;
  }

  #copyRuns(runs: readonly number[], total: number): Buffer {
    // Never tiny: see ffi.ts on small typed arrays.
    const bytes = Buffer.allocUnsafeSlow(Math.max(4096, total));
    const base = address(bytes);
    for (let i = 0; i < runs.length; i += 3) {
      const [target, length] = [runs[i + 1]!, runs[i + 2]!];
      if (length > 0) libc.memcpy(base + target, runs[i]!, length);
      bytes[target + length] = mayHaveHeaders;
    }
    return bytes;
  }

  #readNumbers(offsets: Float64Array, timestamps: Float64Array): void {
    const block = this.#block;
    for (let i = 0; i < offsets.length; i++) {
      offsets[i] = block.offset(i);
      timestamps[i] = block.timestamp(i);
    }
  }

  /**
   * A record's value is followed by the number of its headers (message format 2), so a zero there spares the question. In the formats before, which
   * have no headers, the next record's offset follows, and its first byte is zero too. At the end of a run the mark stands; an empty or absent value
   * does not lie in the fetched bytes.
   */
  #readHeaders(bytes: Buffer, { starts, lengths }: Extents): Map<number, HeaderList> {
    const headers = new Map<number, HeaderList>();
    for (let i = 0; i < lengths.length; i++) {
      const length = lengths[i]!;
      if (length <= 0 || bytes[starts[i]! + length] !== 0) this.#askHeaders(i, headers);
    }
    return headers;
  }

  #askHeaders(index: number, headers: Map<number, HeaderList>): void {
    const lib = librdkafka();
    const out = this.#out;
    if (lib.rd_kafka_message_headers(this.#block.pointer(index), out.address) !== 0) return;
    const list = out.getSize(0);
    const count = Number(lib.rd_kafka_header_cnt(list));
    const read = Array.from({ length: count }, (_, i) => {
      lib.rd_kafka_header_get_all(list, i, out.address, out.address + 8, out.address + 16);
      const [name, value, length] = [out.getSize(0), out.getSize(2), out.getSize(4)];
      if (value === 0) return [readString(name)!, null] as const;
      const copy = Buffer.allocUnsafeSlow(length);
      if (length > 0) libc.memcpy(copy, value, length);
      return [readString(name)!, copy] as const;
    });
    headers.set(index, read);
  }
}

/** Where the keys, or the values, of a batch lie. */
class Extents {
  readonly starts: Int32Array;
  readonly lengths: Int32Array;

  constructor(count: number) {
    this.starts = new Int32Array(count);
    this.lengths = new Int32Array(count);
  }
}

/** Anything but zero. */
const mayHaveHeaders = 1;
