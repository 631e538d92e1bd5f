/**
 * One record by `rd_kafka_produceva`: the way of records with headers or a timestamp, which `rd_kafka_produce_batch` can't carry.
 * The tagged arguments and the bytes they point to are built anew for each record; librdkafka copies all of them.
 */

import type { KafkaError } from "../error.ts";
import type { Bytes, Headers, ProducerRecord } from "../record.ts";
import { NativeMemory, type Pointer } from "./ffi.ts";
import { taggedArgument as field } from "./layout.ts";
import { librdkafka, takeError } from "./library.ts";
import { isValueWriter, writtenValue } from "./value-writer.ts";

/** `rd_kafka_vtype_t` */
const Tag = { rkt: 2, partition: 3, value: 4, key: 5, opaque: 6, flags: 7, timestamp: 8, header: 9 } as const;

const copyPayload = 0x2; // RD_KAFKA_MSG_F_COPY

export function headerPairs(headers: Headers | undefined): readonly (readonly [string, Bytes])[] {
  if (!headers) return [];
  return Array.isArray(headers) ? headers : Object.entries(headers as Readonly<Record<string, Bytes>>);
}

/**
 * Produces one record. Returns the bytes of its key and value, and the error librdkafka refused it with, if it did.
 * @throws what a value throws that writes itself
 */
export function produceTagged(
  rk: Pointer,
  topic: Pointer,
  record: ProducerRecord,
  slot: number,
  index: number,
): { bytes: number; error: KafkaError | null } {
  const headers = headerPairs(record.headers);
  const value = isValueWriter(record.value) ? writtenValue(record.value) : record.value;
  const pieces: Bytes[] = [record.key ?? null, value, ...headers.flat()];
  const encoded = pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece));
  // One more byte a piece: header names are NUL-terminated.
  const arena = new NativeMemory(encoded.reduce((sum, piece) => sum + (piece?.length ?? 0) + 1, 8));
  let used = 0;
  const place = (piece: Uint8Array | null): [address: number, size: number] => {
    if (piece === null) return [0, 0];
    arena.bytes.set(piece, used);
    const address = arena.address + used;
    used += piece.length;
    arena.bytes[used++] = 0;
    return [address, piece.length];
  };

  const args = new NativeMemory((7 + headers.length) * field.size);
  let count = 0;
  const add = (tag: number, ...values: number[]): void => {
    const at = (count++ * field.size) / 4;
    args.i32[at] = tag;
    for (const [i, value] of values.entries()) args.setSize(at + field.value / 4 + i * 2, value);
  };
  add(Tag.rkt, topic);
  add(Tag.partition, (record.partition ?? -1) >>> 0);
  add(Tag.flags, copyPayload);
  add(Tag.key, ...place(encoded[0]!));
  add(Tag.value, ...place(encoded[1]!));
  add(Tag.opaque);
  args.u32.set([slot, index], ((count - 1) * field.size + field.value) / 4);
  add(Tag.timestamp, record.timestamp ?? 0);
  for (let i = 2; i < encoded.length; i += 2) {
    const [name] = place(encoded[i]!);
    const value = encoded[i + 1]!;
    const [address, size] = place(value);
    add(Tag.header, name, address, value === null ? 0 : size);
  }
  const error = librdkafka().rd_kafka_produceva(rk, args.address, count);
  return {
    bytes: (encoded[0]?.length ?? 0) + (encoded[1]?.length ?? 0),
    error: error ? takeError(error, "produce") : null,
  };
}
