/** `rd_kafka_metadata_t` as the object that `getMetadata` gives. */
import { type Pointer, read, readString } from "@campus/kafka/native";
import { broker, metadata, partition, topic } from "./metadata-layout.ts";

/** Copies everything out; the metadata stays whose it was. */
export function readMetadata(pointer: Pointer): object {
  return {
    orig_broker_id: read.i32(pointer, metadata.originId),
    orig_broker_name: readString(read.ptr(pointer, metadata.originName)) ?? "",
    topics: array(pointer, metadata.topicCount, metadata.topics, topic.size, readTopic),
    brokers: array(pointer, metadata.brokerCount, metadata.brokers, broker.size, readBroker),
  };
}

function readBroker(at: Pointer): object {
  return {
    id: read.i32(at, broker.id),
    host: readString(read.ptr(at, broker.host)) ?? "",
    port: read.i32(at, broker.port),
  };
}

function readTopic(at: Pointer): object {
  return {
    name: readString(read.ptr(at, topic.name)) ?? "",
    partitions: array(at, topic.partitionCount, topic.partitions, partition.size, readPartition),
  };
}

function readPartition(at: Pointer): object {
  const id = (element: Pointer): number => read.i32(element, 0);
  return {
    id: read.i32(at, partition.id),
    leader: read.i32(at, partition.leader),
    replicas: array(at, partition.replicaCount, partition.replicas, 4, id),
    isrs: array(at, partition.isrCount, partition.isrs, 4, id),
  };
}

function array<T>(
  struct: Pointer,
  count: number,
  elements: number,
  size: number,
  readOne: (at: Pointer) => T,
): T[] {
  const first = read.ptr(struct, elements);
  return Array.from({ length: read.i32(struct, count) }, (_, i) => readOne(first + i * size));
}
