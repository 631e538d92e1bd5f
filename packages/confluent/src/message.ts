/**
 * Records as the objects that `consume` gives. Everything is copied out of the event, which owns the message.
 *
 * A topic's name is decoded once for a run of records of one topic. Addresses of topics tell them apart only while one of them is in use: so
 * the reader holds the last event until the next record was read.
 */
import {
  message as field,
  libc,
  librdkafka,
  NativeMemory,
  type Pointer,
  readString,
} from "@campus/kafka/native";
import { copyBytes } from "./delivery-report.ts";
import { library } from "./library.ts";

export interface Message {
  value: Buffer | null;
  headers?: Record<string, Buffer>[];
  size: number;
  key: Buffer | null;
  topic: string;
  offset: number;
  partition: number;
  timestamp: number;
  leaderEpoch?: number;
}

export class MessageReader {
  readonly #message = new NativeMemory(field.size);
  readonly #out = new NativeMemory(24);
  #held: Pointer | null = null;
  #handle = 0;
  #topic = "";

  /** Reads the record of an event, and takes the event. Null if it has none. */
  take(event: Pointer): Message | null {
    const lib = librdkafka();
    const pointer = library().rd_kafka_event_message_next(event);
    if (!pointer) {
      lib.rd_kafka_event_destroy(event);
      return null;
    }
    const message = this.#message;
    libc.memcpy(message.address, pointer, field.size);
    const handle = message.getSize(field.rkt / 4);
    if (handle !== this.#handle || this.#held === null) {
      this.#handle = handle;
      this.#topic = lib.rd_kafka_topic_name(handle) ?? "";
    }
    this.release();
    this.#held = event;
    return this.#read(pointer);
  }

  /** Lets go of the last event. Call it before the event loop gets its turn. */
  release(): void {
    if (this.#held !== null) librdkafka().rd_kafka_event_destroy(this.#held);
    this.#held = null;
  }

  /** The fields in the addon's order. */
  #read(pointer: Pointer): Message {
    const lib = librdkafka();
    const message = this.#message;
    const size = message.getSize(field.len / 4);
    const value = copyBytes(message.getSize(field.payload / 4), size);
    const key = copyBytes(message.getSize(field.key / 4), message.getSize(field.keyLen / 4));
    const rest = {
      size,
      key,
      topic: this.#topic,
      offset: message.getSize(field.offset / 4),
      partition: message.i32[field.partition / 4]!,
      timestamp: Number(lib.rd_kafka_message_timestamp(pointer, null)),
    };
    const hasHeaders = lib.rd_kafka_message_headers(pointer, this.#out.address) === 0;
    const read: Message = hasHeaders
      ? { value, headers: this.#headers(this.#out.getSize(0)), ...rest }
      : { value, ...rest };
    const leaderEpoch = library().rd_kafka_message_leader_epoch(pointer);
    if (leaderEpoch >= 0) read.leaderEpoch = leaderEpoch;
    return read;
  }

  #headers(headers: Pointer): Record<string, Buffer>[] {
    const lib = librdkafka();
    const out = this.#out;
    const { address } = out;
    return Array.from({ length: Number(lib.rd_kafka_header_cnt(headers)) }, (_, i) => {
      lib.rd_kafka_header_get_all(headers, i, address, address + 8, address + 16);
      const name = readString(out.getSize(0)) ?? "";
      // A header without a value reads as an empty one, as in the addon.
      return { [name]: copyBytes(out.getSize(2), out.getSize(4)) ?? Buffer.alloc(0) };
    });
  }
}
