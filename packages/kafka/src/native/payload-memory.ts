/**
 * Where the values of records lie from the moment they are sent until their fate is known. librdkafka, given an address instead of bytes to copy, neither
 * changes nor frees what is there; it reads it for the last time before it reports the record's delivery, which is also when it would free a copy
 * of its own. That saves a copy of each value, and as much memory again.
 *
 * Bounded: the memory is a fixed block of chunks, and one is used again when the fate of all its records is known. A record that waits long, for a
 * partition without a leader, keeps its chunk; where all chunks are kept there is no room, and librdkafka copies (staging.ts).
 *
 * It is malloc's, not a buffer's: librdkafka's threads may outlive the JavaScript thread that sent (a Worker that is terminated). JavaScript
 * writes to it by `memcpy` only and has no view of it, so that none can be left behind.
 */
import { libc, type Pointer } from "./ffi.ts";
import { Handle } from "./handle.ts";

const defaultChunkBytes = 256 * 1024;
/** A default queue of 100,000 records has room for values of 670 bytes. The system gives it page by page, as it is first written to. */
const mostChunks = 256;

export class PayloadMemory {
  readonly #chunkBytes: number;
  readonly #size: number;
  /** By chunk: its records whose fate is open. */
  readonly #open: Int32Array;
  /** Chunks without such records, but for the current one. */
  readonly #free: number[];
  /** Got when it is first needed. */
  #memory: Handle | null = null;
  #start: Pointer = 0;
  #current = -1;
  /** Bytes of the current chunk. */
  #used = Number.POSITIVE_INFINITY;

  /** @param queuedBytes the most there may be in the producer's queue */
  constructor(queuedBytes: number, chunkBytes = defaultChunkBytes) {
    const chunks = Math.min(mostChunks, Math.max(2, Math.ceil(queuedBytes / chunkBytes)));
    this.#chunkBytes = chunkBytes;
    this.#size = chunks * chunkBytes;
    this.#open = new Int32Array(chunks);
    this.#free = Array.from(this.#open, (_, chunk) => chunks - 1 - chunk);
  }

  /** Whether a value of so many bytes can be taken in; then the next `take` of at most as many is. */
  hasRoom(bytes: number): boolean {
    return this.#used + bytes <= this.#chunkBytes || this.#turn(bytes);
  }

  /** The address of room for a value that `hasRoom` was asked for. */
  take(bytes: number): Pointer {
    const address = this.#start + this.#current * this.#chunkBytes + this.#used;
    this.#used += bytes;
    // Of an empty one nothing is kept: its address may be that of the next chunk.
    if (bytes > 0) this.#open[this.#current]!++;
    return address;
  }

  /** The value at an address is not needed any more. One that does not lie here is librdkafka's own, and its own business. */
  release(address: Pointer, bytes: number): void {
    const at = address - this.#start;
    if (bytes === 0 || at < 0 || at >= this.#size) return;
    const chunk = Math.trunc(at / this.#chunkBytes);
    if (--this.#open[chunk]! > 0) return;
    if (chunk === this.#current) this.#used = 0;
    else this.#free.push(chunk);
  }

  /** Gives the memory back. For when nothing of librdkafka's can refer to it: its client is destroyed. */
  close(): void {
    this.#memory?.release();
  }

  /** Goes on in a chunk that is free, if there is one. */
  #turn(bytes: number): boolean {
    if (bytes > this.#chunkBytes) return false;
    const next = this.#free.pop();
    if (next === undefined) return false;
    this.#memory ??= new Handle("payload memory", libc.malloc(this.#size), (address) => libc.free(address));
    this.#start = this.#memory.pointer;
    this.#current = next;
    this.#used = 0;
    return true;
  }
}
