/**
 * Where the fields of librdkafka's public structs lie, in bytes, on the 64-bit platforms Bun runs on. A test compiles a C file
 * against the library's own header and compares. Indexes into 32-bit views are these divided by four.
 */

/** `rd_kafka_message_t`: what a record is, both ways. */
export const message = {
  size: 72,
  err: 0, // rd_kafka_resp_err_t
  rkt: 8, // rd_kafka_topic_t *
  partition: 16, // int32
  payload: 24, // void *
  len: 32, // size_t
  key: 40, // void *
  keyLen: 48, // size_t
  offset: 56, // int64
  opaque: 64, // void *: of a delivery report, what was given to produce
} as const;

/**
 * What lies behind a `rd_kafka_message_t` that librdkafka hands out (`rd_kafka_msg_t`, private): reading it spares a call a record. No header
 * promises it, so message-block.ts compares it with the library's own word in every block.
 */
export const messageBehind = {
  size: 104,
  timestamp: 96, // int64, milliseconds
} as const;

/** `rd_kafka_topic_partition_t` */
export const topicPartition = {
  size: 64,
  topic: 0, // char *
  partition: 8, // int32
  offset: 16, // int64
  metadata: 24, // void *, freed by the list with free()
  metadataSize: 32, // size_t
  opaque: 40, // void *
  err: 48, // rd_kafka_resp_err_t
} as const;

/** `rd_kafka_topic_partition_list_t` */
export const topicPartitionList = {
  count: 0, // int
  elements: 8, // rd_kafka_topic_partition_t *
} as const;

/** `rd_kafka_vu_t`: one tagged argument of `rd_kafka_produceva`. */
export const taggedArgument = {
  size: 72,
  type: 0, // rd_kafka_vtype_t
  value: 8, // union: a number, a pointer, { pointer, size } or { name, value, size }
} as const;

/** `struct rd_kafka_err_desc` */
export const errorDescription = {
  size: 24,
  code: 0, // rd_kafka_resp_err_t
  name: 8, // const char *
  text: 16, // const char *
} as const;

/** `struct rd_kafka_metadata` */
export const metadata = {
  topicCount: 16, // int
  topics: 24, // struct rd_kafka_metadata_topic *
} as const;

/** `struct rd_kafka_metadata_topic` */
export const metadataTopic = {
  size: 32,
  name: 0, // char *
} as const;
