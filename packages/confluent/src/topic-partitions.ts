/** Lists of topic partitions, from JavaScript and back, with the addon's defaults and its two ways to tell errors. */
import {
  cstring,
  topicPartition as field,
  Handle,
  libc,
  librdkafka,
  topicPartitionList as list,
  NativeMemory,
  type Pointer,
  read,
  readSize,
  readString,
} from "@campus/kafka/native";
import { describe, failure } from "./failure.ts";
import { library } from "./library.ts";

export const noOffset = -1001; // RD_KAFKA_OFFSET_INVALID

export interface Entry {
  topic: string;
  partition: number;
  offset: number;
  metadata?: string;
  leaderEpoch?: number;
}

type Given = Readonly<Record<string, unknown>>;

/** An element of a list that was given, or null if it names no partition. */
export function entryOf(given: unknown, defaultOffset = 0): Entry | null {
  if (typeof given !== "object" || given === null) return null;
  const { topic, partition, offset, metadata, leaderEpoch } = given as Given;
  const id = integer(partition, -1);
  if (id === -1 || topic === undefined || topic === null || topic === "") return null;
  return {
    topic: String(topic),
    partition: id,
    offset: integer(offset, defaultOffset),
    ...(typeof metadata === "string" ? { metadata } : {}),
    ...(typeof leaderEpoch === "number" ? { leaderEpoch } : {}),
  };
}

/** @throws Error for an element that names no partition, at which the addon would crash */
export function entriesOf(given: readonly unknown[]): Entry[] {
  return given
    .filter((element) => typeof element === "object")
    .map((element) => {
      const entry = entryOf(element);
      if (!entry) throw new Error("Invalid topic partition provided");
      return entry;
    });
}

/** A number of an object's field as an integer; anything else is the default. */
export function integer(value: unknown, otherwise: number): number {
  return typeof value === "number" && !Number.isNaN(value) ? Math.trunc(value) : otherwise;
}

const scratch = new NativeMemory(16);

/** A list owned by the caller. */
export function createList(entries: readonly Entry[]): Handle {
  const lib = librdkafka();
  const handle = new Handle(
    "topic partition list",
    lib.rd_kafka_topic_partition_list_new(entries.length),
    (pointer) => lib.rd_kafka_topic_partition_list_destroy(pointer),
  );
  try {
    for (const entry of entries) addTo(handle.pointer, entry);
    return handle;
  } catch (error) {
    handle.release();
    throw error;
  }
}

function addTo(pointer: Pointer, { topic, partition, offset, metadata, leaderEpoch }: Entry): void {
  const element = librdkafka().rd_kafka_topic_partition_list_add(pointer, cstring(topic), partition)!;
  scratch.setSize(0, offset);
  if (offset < 0) scratch.i32[1] = -1; // sign-extends the small negative "logical" offsets
  libc.memcpy(element + field.offset, scratch.address, 8);
  if (metadata !== undefined) {
    // The list frees it with free(), so it comes from malloc(). Its final NUL is sent too, as the addon does.
    const bytes = Buffer.from(`${metadata}\0`);
    const memory = libc.malloc(bytes.length)!;
    libc.memcpy(memory, bytes, bytes.length);
    scratch.setSize(0, memory);
    scratch.setSize(2, bytes.length);
    libc.memcpy(element + field.metadata, scratch.address, 16);
  }
  if (leaderEpoch !== undefined && leaderEpoch !== -1)
    library().rd_kafka_topic_partition_set_leader_epoch(element, leaderEpoch);
}

/** The elements of a list, which stays whose it was. */
export function elementsOf(pointer: Pointer | null): Pointer[] {
  if (!pointer) return [];
  const elements = read.ptr(pointer, list.elements);
  return Array.from({ length: read.i32(pointer, list.count) }, (_, i) => elements + i * field.size);
}

export const topicOf = (element: Pointer): string => readString(read.ptr(element, field.topic)) ?? "";
export const partitionOf = (element: Pointer): number => read.i32(element, field.partition);
export const offsetOf = (element: Pointer): number => readSize(element, field.offset);
export const errorOf = (element: Pointer): number => read.i32(element, field.err);

/** As a field of an object: `{ leaderEpoch }`, or nothing where there is none. */
export function leaderEpochOf(element: Pointer): { leaderEpoch?: number } {
  const leaderEpoch = library().rd_kafka_topic_partition_get_leader_epoch(element);
  return leaderEpoch >= 0 ? { leaderEpoch } : {};
}

/** The metadata committed with an offset, without a final NUL; null for none. */
export function metadataOf(element: Pointer): string | null {
  const size = readSize(element, field.metadataSize);
  const address = read.ptr(element, field.metadata);
  if (size === 0 || address === 0) return null;
  const bytes = Buffer.allocUnsafeSlow(size);
  libc.memcpy(bytes, address, size);
  return bytes.toString("utf8", 0, bytes[size - 1] === 0 ? size - 1 : size);
}

/** What `committed`, `position` and their like give: a partition, or in its place an `Error`. */
export function readResults(pointer: Pointer): (object | Error)[] {
  return elementsOf(pointer).map((element) => {
    const code = errorOf(element);
    if (code !== 0) return new Error(describe(code));
    const [offset, metadata] = [offsetOf(element), metadataOf(element)];
    return {
      ...(offset === noOffset ? {} : { offset }),
      ...(metadata === null ? {} : { metadata }),
      partition: partitionOf(element),
      topic: topicOf(element),
      ...leaderEpochOf(element),
    };
  });
}

/** What rebalance and commit callbacks get; an offset only where there is one. */
export function readEventPartitions(pointer: Pointer | null): object[] {
  return elementsOf(pointer).map((element) => {
    const offset = offsetOf(element);
    return {
      topic: topicOf(element),
      partition: partitionOf(element),
      ...(offset >= 0 ? { offset } : {}),
    };
  });
}

/** What administration gives: a partition, with its error as a field. */
export function readDescribedPartitions(pointer: Pointer | null): object[] {
  return elementsOf(pointer).map((element) => {
    const code = errorOf(element);
    return {
      partition: partitionOf(element),
      topic: topicOf(element),
      ...(code === 0 ? {} : { error: failure(code) }),
      ...leaderEpochOf(element),
    };
  });
}
