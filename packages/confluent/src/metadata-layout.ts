/** Where the fields of `struct rd_kafka_metadata` and its parts lie, in bytes, on 64-bit platforms. A test compares with the library's header. */

export const metadata = {
  brokerCount: 0, // int
  brokers: 8, // struct rd_kafka_metadata_broker *
  topicCount: 16, // int
  topics: 24, // struct rd_kafka_metadata_topic *
  originId: 32, // int32: of the broker that answered
  originName: 40, // char *
} as const;

export const broker = {
  size: 24,
  id: 0, // int32
  host: 8, // char *
  port: 16, // int
} as const;

export const topic = {
  size: 32,
  name: 0, // char *
  partitionCount: 8, // int
  partitions: 16, // struct rd_kafka_metadata_partition *
} as const;

export const partition = {
  size: 40,
  id: 0, // int32
  leader: 8, // int32
  replicaCount: 12, // int
  replicas: 16, // int32 *
  isrCount: 24, // int
  isrs: 32, // int32 *
} as const;
