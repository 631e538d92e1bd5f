/** `rd_kafka_topic_partition_list_t` to and from JavaScript. */
import type { KafkaError } from "../error.ts";
import type { TopicPartition, TopicPartitionOffset } from "../record.ts";
import { ErrCode } from "./error-codes.ts";
import { cstring, libc, NativeMemory, type Pointer, read, readSize, readString } from "./ffi.ts";
import { Handle } from "./handle.ts";
import { topicPartition as field, topicPartitionList as list } from "./layout.ts";
import { errorOf, librdkafka } from "./library.ts";

/** `RD_KAFKA_OFFSET_INVALID`: no offset given; the committed one is meant. */
export const noOffset = -1001;

export type ListEntry = TopicPartition & { readonly offset?: number; readonly metadata?: string };

/** A list owned by the caller; release it. */
export function createPartitionList(entries: readonly ListEntry[]): Handle {
  const lib = librdkafka();
  const handle = new Handle(
    "partition list",
    lib.rd_kafka_topic_partition_list_new(entries.length),
    (pointer) => {
      lib.rd_kafka_topic_partition_list_destroy(pointer);
    },
  );
  try {
    for (const { topic, partition, offset, metadata } of entries) {
      const element = lib.rd_kafka_topic_partition_list_add(handle.pointer, cstring(topic), partition)!;
      if (offset !== undefined) writeOffset(element, offset);
      if (metadata !== undefined) writeMetadata(element, metadata);
    }
    return handle;
  } catch (error) {
    handle.release();
    throw error;
  }
}

const scratch = new NativeMemory(16);

function writeOffset(element: Pointer, offset: number): void {
  scratch.setSize(0, offset);
  if (offset < 0) scratch.i32[1] = -1; // sign-extends the small negative "logical" offsets
  libc.memcpy(element + field.offset, scratch.address, 8);
}

/** The list frees metadata with free(), so it comes from malloc(). */
function writeMetadata(element: Pointer, metadata: string): void {
  const bytes = Buffer.from(metadata);
  const memory = libc.malloc(Math.max(1, bytes.length))!;
  if (bytes.length > 0) libc.memcpy(memory, bytes, bytes.length);
  scratch.setSize(0, memory);
  scratch.setSize(2, bytes.length);
  libc.memcpy(element + field.metadata, scratch.address, 16);
}

export type ReadEntry = TopicPartitionOffset & { readonly err: number };

/** Copies a list out; the list stays whose it was. */
export function readPartitionList(pointer: Pointer | null): ReadEntry[] {
  if (!pointer) return [];
  const count = read.i32(pointer, list.count);
  const elements = read.ptr(pointer, list.elements);
  return Array.from({ length: count }, (_, i) => readPartition(elements + i * field.size));
}

/** Copies one `rd_kafka_topic_partition_t` out. */
export function readPartition(element: Pointer): ReadEntry {
  const size = readSize(element, field.metadataSize);
  const metadata = size > 0 ? copyText(read.ptr(element, field.metadata), size) : undefined;
  return {
    topic: readString(read.ptr(element, field.topic))!,
    partition: read.i32(element, field.partition),
    offset: readSize(element, field.offset),
    err: read.i32(element, field.err),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** What was read, or the error that its partition has. */
export function outcomeOf(
  { err, ...entry }: ReadEntry,
  operation: string,
): TopicPartitionOffset | KafkaError {
  if (err === ErrCode.none) return entry;
  // A partition the topic has not: librdkafka knows without asking, and a broker would say the same in its own words.
  const code = err === ErrCode.unknownPartition ? ErrCode.unknownTopicOrPartition : err;
  return errorOf(code, `${operation} ${entry.topic}/${entry.partition}`);
}

function copyText(address: Pointer, size: number): string {
  const bytes = Buffer.allocUnsafeSlow(size);
  libc.memcpy(bytes, address, size);
  return bytes.toString();
}
