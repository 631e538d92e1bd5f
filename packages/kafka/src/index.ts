/** @campus/kafka: an Apache Kafka client for Bun. librdkafka does the work; this makes it safe, typed and pleasant. */
export type { AccessToken, TokenFunction } from "./access-token.ts";
export { Admin, type AdminOptions, createAdmin } from "./admin.ts";
export type {
  ConfigChange,
  ConfigDescription,
  ConfigEntry,
  ConfigResource,
  ConfigSource,
} from "./admin-configs.ts";
export type { GroupDescription, GroupListing, GroupMember } from "./admin-groups.ts";
export type { NewTopic, TopicResults } from "./admin-topics.ts";
export { Batch, ConsumerRecord } from "./batch.ts";
export type { Broker, ClusterDescription } from "./cluster.ts";
export type {
  ClientOptions,
  Compression,
  ConsumerGroupOptions,
  LogLine,
  Partitioner,
  ProducerOptions,
} from "./config.ts";
export { Consumer, createConsumer } from "./consumer.ts";
export type { ConsumerCounters, ConsumerOptions, Watermarks } from "./consumer-options.ts";
export { BatchDelivery } from "./delivery.ts";
export { BatchError, KafkaError } from "./error.ts";
export type { RecordColumns } from "./native/fetch.ts";
export { libraryVersion } from "./native/library.ts";
export type { LibrdkafkaProperties } from "./native/properties.generated.ts";
export type { OffsetSpec } from "./offsets.ts";
export { partitionOfKey } from "./partition-of-key.ts";
export { createProducer, Producer, type ProducerCounters } from "./producer.ts";
export type { RebalanceHandlers } from "./rebalance.ts";
export type {
  Bytes,
  Delivery,
  Headers,
  ProducerRecord,
  TopicPartition,
  TopicPartitionLag,
  TopicPartitionOffset,
  ValueWriter,
} from "./record.ts";
export { type RunTransactionsOptions, runTransactions } from "./run-transactions.ts";
export type { PasswordCredentials, SaslOptions, SecurityOptions, TokenCredentials } from "./security.ts";
export type { TlsOptions } from "./tls.ts";
export type { PartitionDescription, TopicDescription } from "./topic-description.ts";
export {
  createTransactionalProducer,
  Transaction,
  TransactionalProducer,
  type TransactionalProducerOptions,
} from "./transaction.ts";
export type { Stall } from "./watchdog.ts";
