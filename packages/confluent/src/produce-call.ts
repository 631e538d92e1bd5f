/**
 * One `rd_kafka_produceva` a message, its tagged arguments and bytes written into memory that is used again for the next: librdkafka copies
 * everything before it returns.
 */
import {
  taggedArgument as field,
  librdkafka,
  NativeMemory,
  type Pointer,
  writeUtf8,
} from "@campus/kafka/native";

/** `rd_kafka_vtype_t` */
const Tag = { rkt: 2, partition: 3, value: 4, key: 5, opaque: 6, flags: 7, timestamp: 8, header: 9 } as const;

const copyPayload = 0x2; // RD_KAFKA_MSG_F_COPY
const words = field.size / 4;

/** The order of the arguments that every message has; headers follow. */
const at = (index: number): number => index * words + field.value / 4;
const [topicAt, partitionAt, keyAt, valueAt, opaqueAt, timestampAt] = [0, 2, 3, 4, 5, 6].map(at) as [
  number,
  number,
  number,
  number,
  number,
  number,
];
const fixed = 7;

/** Bytes kept for the next message; larger ones get memory of their own. */
const arenaBytes = 256 * 1024;

export type Bytes = Uint8Array | string | null;
export type Header = readonly [name: string, value: Uint8Array | string];

export class ProduceCall {
  #args = new NativeMemory((fixed + 16) * field.size);
  readonly #arena = new NativeMemory(arenaBytes);
  #memory = this.#arena;
  #used = 0;

  constructor() {
    this.#writeTags();
  }

  /** Returns librdkafka's code. `opaque` comes back with the delivery report; 0 is none. */
  produce(
    rk: Pointer,
    topic: Pointer,
    partition: number,
    value: Bytes,
    key: Bytes,
    timestamp: number,
    opaque: number,
    headers: readonly Header[],
  ): number {
    this.#makeRoom(value, key, headers);
    const args = this.#args;
    args.setSize(topicAt, topic);
    args.i32[partitionAt] = partition;
    this.#write(keyAt, key);
    this.#write(valueAt, value);
    args.setSize(opaqueAt, opaque);
    args.setSize(timestampAt, timestamp);
    for (const [i, [name, content]] of headers.entries()) {
      const header = (fixed + i) * words;
      args.i32[header] = Tag.header;
      args.setSize(header + 2, this.#memory.address + this.#used);
      this.#used += writeUtf8(this.#memory.bytes, `${name}\0`, this.#used);
      this.#write(header + 4, content);
    }
    const lib = librdkafka();
    const error = lib.rd_kafka_produceva(rk, args.address, fixed + headers.length);
    this.#memory = this.#arena;
    if (!error) return 0;
    const code = lib.rd_kafka_error_code(error);
    lib.rd_kafka_error_destroy(error);
    return code;
  }

  #writeTags(): void {
    const tags = [Tag.rkt, Tag.flags, Tag.partition, Tag.key, Tag.value, Tag.opaque, Tag.timestamp];
    for (const [i, tag] of tags.entries()) this.#args.i32[i * words] = tag;
    this.#args.i32[at(1)] = copyPayload;
  }

  #makeRoom(value: Bytes, key: Bytes, headers: readonly Header[]): void {
    this.#used = 0;
    let bytes = most(value) + most(key);
    for (const [name, content] of headers) bytes += most(name) + most(content) + 1;
    if (bytes > this.#arena.size) this.#memory = new NativeMemory(bytes);
    if ((fixed + headers.length) * field.size > this.#args.size) {
      this.#args = new NativeMemory((fixed + headers.length) * field.size);
      this.#writeTags();
    }
  }

  /** Writes pointer and length at `index`; an empty piece is not NULL, which is a null one. */
  #write(index: number, piece: Bytes): void {
    const args = this.#args;
    if (piece === null) {
      args.setSize(index, 0);
      args.setSize(index + 2, 0);
      return;
    }
    const { bytes, address } = this.#memory;
    let length = piece.length;
    if (typeof piece === "string") length = writeUtf8(bytes, piece, this.#used);
    else bytes.set(piece, this.#used);
    args.setSize(index, address + this.#used);
    args.setSize(index + 2, length);
    this.#used += length;
  }
}

/** The most bytes a piece can take: UTF-8 needs up to three a UTF-16 unit. */
function most(piece: Bytes): number {
  if (piece === null) return 0;
  return typeof piece === "string" ? piece.length * 3 : piece.length;
}
