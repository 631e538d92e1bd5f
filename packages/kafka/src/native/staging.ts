/**
 * The staging area of a producer: records are written into native memory as they are sent, and handed to librdkafka together, by one
 * `rd_kafka_produce_batch` a tick. Their values are lent to it from where they stay until their fate is known (payload-memory.ts). Where there is no
 * room, librdkafka copies them (`RD_KAFKA_MSG_F_COPY`), as it does all keys; so the area itself is free again when the call returns.
 *
 * It holds records of one topic at a time. A record that carries headers or a timestamp can't travel in a batch: it goes by
 * `rd_kafka_produceva` (tagged-record.ts), after what was staged before it, so that order is kept.
 */
import type { Bytes, ValueWriter } from "../record.ts";
import { libc, NativeMemory, type Pointer, writeUtf8 } from "./ffi.ts";
import { message as field } from "./layout.ts";
import { librdkafka } from "./library.ts";
import type { PayloadMemory } from "./payload-memory.ts";
import { isValueWriter, writeValue } from "./value-writer.ts";

const words = field.size / 4;
const copyPayload = 0x2; // RD_KAFKA_MSG_F_COPY
const ownPartition = 0x8; // RD_KAFKA_MSG_F_PARTITION: each record's own, -1 for the partitioner's choice

/** The most bytes a key or value can take: UTF-8 needs up to three a UTF-16 unit. */
function most(bytes: Bytes | ValueWriter): number {
  if (bytes === null) return 0;
  if (typeof bytes === "string") return bytes.length * 3;
  return isValueWriter(bytes) ? bytes.maxBytes : bytes.length;
}

/** A record refused by librdkafka: which (`slot` and `index` as given to `add`), its bytes, and why. */
export type Refused = (slot: number, index: number, bytes: number, code: number) => void;

export class Staging {
  readonly #messages: NativeMemory;
  readonly #arena: NativeMemory;
  /** Payloads too large for the arena: kept reachable until the batch is handed over. */
  #oversized: NativeMemory[] = [];
  #count = 0;
  #used = 0;
  #topic: Pointer | null = null;
  /** Whether the values of what is staged are lent to librdkafka, or copied by it: one or the other for a whole batch. */
  #lends = false;
  /** A value is writing itself, into the place of the record that comes next: nothing else may be staged there, and nothing be handed over. */
  #isWriting = false;

  constructor(
    /** Where values are lent from. Null: all are copied. */
    private readonly payloads: PayloadMemory | null,
    private readonly refused: Refused,
    private readonly capacity = 4096,
    arenaBytes = 2 * 1024 * 1024,
  ) {
    this.#messages = new NativeMemory(capacity * field.size);
    this.#arena = new NativeMemory(arenaBytes);
  }

  get count(): number {
    return this.#count;
  }

  /**
   * Stages a record of `topic` (a `rd_kafka_topic_t *`), handing over what was staged when there is no room or the topic changes.
   * @param slot and `index` come back with the delivery report or the refusal; both unsigned 32 bit
   * @returns bytes of key and value
   * @throws what a value throws that writes itself, with nothing of the record staged
   */
  add(
    topic: Pointer,
    key: Bytes,
    value: Bytes | ValueWriter,
    partition: number,
    slot: number,
    index: number,
  ): number {
    if (this.#isWriting) throw new Error("a value that writes itself must not send records");
    const room = this.#arena.size - this.#used;
    const mostOfValue = most(value);
    if (this.#topic !== topic || this.#count === this.capacity || most(key) + mostOfValue > room)
      this.flush();
    const lends = this.payloads?.hasRoom(mostOfValue) === true;
    if (lends !== this.#lends) this.flush();
    this.#lends = lends;
    this.#topic = topic;
    const at = this.#count * words;
    const { i32, u32 } = this.#messages;
    i32[at] = 0;
    i32[at + field.partition / 4] = partition;
    u32[at + field.opaque / 4] = slot;
    u32[at + field.opaque / 4 + 1] = index;
    const keyBytes = this.#write(key, at + field.key / 4);
    const valueAt = at + field.payload / 4;
    const valueBytes = lends ? this.#lend(value, valueAt) : this.#write(value, valueAt);
    this.#count++;
    return keyBytes + valueBytes;
  }

  /** Hands everything staged to librdkafka. Never throws: refused records are reported one by one. */
  flush(): void {
    const count = this.#count;
    if (count === 0 || this.#isWriting) return;
    this.#count = 0;
    this.#used = 0;
    const taken = librdkafka().rd_kafka_produce_batch(
      this.#topic,
      -1,
      this.#lends ? ownPartition : ownPartition | copyPayload,
      this.#messages.address,
      count,
    );
    this.#oversized = [];
    if (taken === count) return;
    const { i32, u32 } = this.#messages;
    for (let at = 0; at < count * words; at += words) {
      const code = i32[at + field.err / 4]!;
      if (code === 0) continue;
      const length = u32[at + field.len / 4]!;
      this.payloads?.release(this.#messages.getSize(at + field.payload / 4), length);
      const bytes = length + u32[at + field.keyLen / 4]!;
      this.refused(u32[at + field.opaque / 4]!, u32[at + field.opaque / 4 + 1]!, bytes, code);
    }
  }

  /** Writes pointer and length at `at` and the bytes to where they stay, which has room for them. Returns the length. */
  #lend(value: Bytes | ValueWriter, at: number): number {
    if (value === null) return this.#write(value, at);
    const arena = this.#arena;
    const offset = this.#used;
    const isThere = value instanceof Uint8Array;
    const length = isThere ? value.length : this.#copy(value, arena, offset);
    const address = this.payloads!.take(length);
    if (length > 0) libc.memcpy(address, isThere ? value : arena.address + offset, length);
    this.#messages.setSize(at, address);
    this.#messages.setSize(at + 2, length);
    return length;
  }

  /** Writes pointer and length at `at` and the bytes into the arena. Returns the length. */
  #write(bytes: Bytes | ValueWriter, at: number): number {
    const messages = this.#messages;
    if (bytes === null) {
      messages.setSize(at, 0);
      messages.setSize(at + 2, 0);
      return 0;
    }
    let arena = this.#arena;
    let offset = this.#used;
    if (offset + most(bytes) > arena.size) {
      arena = new NativeMemory(most(bytes));
      this.#oversized.push(arena);
      offset = 0;
    }
    const length = this.#copy(bytes, arena, offset);
    if (arena === this.#arena) this.#used += length;
    messages.setSize(at, arena.address + offset);
    messages.setSize(at + 2, length);
    return length;
  }

  /** Writes the bytes at an offset of the arena. Returns the length. */
  #copy(bytes: string | Uint8Array | ValueWriter, arena: NativeMemory, offset: number): number {
    if (typeof bytes === "string") return writeUtf8(arena.bytes, bytes, offset);
    if (isValueWriter(bytes)) {
      this.#isWriting = true;
      try {
        return writeValue(bytes, arena.bytes, offset);
      } finally {
        this.#isWriting = false;
      }
    }
    // Half the cost of `arena.bytes.set`. An empty array may have no address.
    if (bytes.length > 0) libc.memcpy(arena.address + offset, bytes, bytes.length);
    return bytes.length;
  }
}
