/**
 * A block of librdkafka's messages, fetched records or delivery reports, as JavaScript reads them: the structs are copied whole into one typed array, since
 * a `memcpy` and a few loads cost less than a native read a field. The messages themselves stay with whoever took them.
 */
import { libc, NativeMemory, type Pointer } from "./ffi.ts";
import { message as field, messageBehind } from "./layout.ts";
import { librdkafka } from "./library.ts";

const size = messageBehind.size;

/** 32-bit words from one struct in `structs` to the next. */
export const messageWords = size / 4;

export class MessageBlock {
  /** `rd_kafka_message_t *[]`, for librdkafka to fill. */
  readonly pointers: NativeMemory;
  /** The structs, `messageWords` apart; the fields' places are in layout.ts. */
  readonly structs: NativeMemory;
  /** Whether the timestamp lies where `messageBehind` says, as it has in every block so far. */
  #timestampsInStruct = true;

  constructor(readonly capacity: number) {
    this.pointers = new NativeMemory(capacity * 8);
    this.structs = new NativeMemory(capacity * size);
  }

  /** Copies the structs the first `count` pointers (at least one) point to. */
  copy(count: number): void {
    const pointers = this.pointers;
    const target = this.structs.address;
    for (let i = 0; i < count; i++) libc.memcpy(target + i * size, pointers.getSize(i * 2), size);
    this.#checkTimestamp(0);
    this.#checkTimestamp(count - 1);
  }

  pointer(index: number): Pointer {
    return this.pointers.getSize(index * 2);
  }

  /** Its `rd_kafka_resp_err_t`, 0 for none. */
  error(index: number): number {
    return this.structs.i32[index * messageWords + field.err / 4]!;
  }

  /** Its offset in the partition; negative where there is none. */
  offset(index: number): number {
    return this.structs.getSize(index * messageWords + field.offset / 4);
  }

  /** Milliseconds since the epoch, -1 where there is none. */
  timestamp(index: number): number {
    return this.#timestampsInStruct ? this.#timestampField(index) : this.#askTimestamp(index);
  }

  #timestampField(index: number): number {
    if (this.error(index) !== 0) return -1;
    return this.structs.getSize(index * messageWords + messageBehind.timestamp / 4);
  }

  #askTimestamp(index: number): number {
    return Number(librdkafka().rd_kafka_message_timestamp(this.pointer(index), null));
  }

  /** librdkafka's header does not promise the field: the function it does promise is asked instead, from the moment the two differ. */
  #checkTimestamp(index: number): void {
    if (this.#timestampsInStruct)
      this.#timestampsInStruct = this.#timestampField(index) === this.#askTimestamp(index);
  }

  /** Exchanges two messages, struct and pointer. */
  swap(one: number, other: number): void {
    const { bytes } = this.structs;
    const kept = Buffer.from(bytes.subarray(one * size, (one + 1) * size));
    bytes.copyWithin(one * size, other * size, (other + 1) * size);
    bytes.set(kept, other * size);
    const pointer = this.pointer(one);
    this.pointers.setSize(one * 2, this.pointer(other));
    this.pointers.setSize(other * 2, pointer);
  }
}
