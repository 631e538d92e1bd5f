/** Topics as the brokers describe them: their names, and who has their partitions. */

import { type Broker, readBroker } from "./cluster.ts";
import {
  AdminOperation,
  borrowedError,
  readArray,
  requestAdmin,
  withStringArray,
} from "./native/admin-request.ts";
import { callBlocking } from "./native/blocking.ts";
import { NativeMemory, type Pointer, read, readString } from "./native/ffi.ts";
import { Handle } from "./native/handle.ts";
import { metadata as metadataField, metadataTopic } from "./native/layout.ts";
import { errorOf, librdkafkaAdmin } from "./native/library.ts";
import type { NativeClient } from "./native/native-client.ts";
import { withRetries } from "./retry.ts";

/** Who has a partition. */
export interface PartitionDescription {
  /** Its number in the topic, from 0. */
  readonly partition: number;
  /** Null while the partition has none. */
  readonly leader: Broker | null;
  /** The brokers that are to have it, the preferred leader first. */
  readonly replicas: readonly Broker[];
  /** Those that have all of it: one of them becomes leader when the leader fails (`min.insync.replicas` counts them). */
  readonly inSyncReplicas: readonly Broker[];
}

/** A topic and where its partitions are. */
export interface TopicDescription {
  /** Its name. */
  readonly topic: string;
  /** Kafka's own, such as `__consumer_offsets`. */
  readonly internal: boolean;
  /** All of them. */
  readonly partitions: readonly PartitionDescription[];
}

export function listTopics(client: NativeClient, timeoutMs: number): Promise<string[]> {
  const operation = "list topics";
  return withRetries(client, { operation, kind: "reading", timeoutMs }, async (leftMs) => {
    const out = new NativeMemory(8);
    const code = await callBlocking("rd_kafka_metadata", [client.rk.pointer, 1, null, out.address, leftMs]);
    if (code) throw client.explain(errorOf(Number(code), operation));
    using metadata = new Handle("metadata", out.getSize(0), (pointer) =>
      librdkafkaAdmin().rd_kafka_metadata_destroy(pointer),
    );
    const count = read.i32(metadata.pointer, metadataField.topicCount);
    const topics = read.ptr(metadata.pointer, metadataField.topics);
    return Array.from(
      { length: count },
      (_, i) => readString(read.ptr(topics + i * metadataTopic.size, metadataTopic.name))!,
    );
  });
}

export function describeTopics(
  client: NativeClient,
  topics: readonly string[],
  timeoutMs: number,
): Promise<TopicDescription[]> {
  if (topics.length === 0) return Promise.resolve([]);
  const operation = "describe topics";
  return withRetries(client, { operation, kind: "reading", timeoutMs }, (leftMs) =>
    describeTopicsOnce(client, topics, leftMs),
  );
}

/** @internal Without asking again. What is read here is what the client goes by from then on, leaders of partitions for instance. */
export function describeTopicsOnce(
  client: NativeClient,
  topics: readonly string[],
  timeoutMs: number,
): Promise<TopicDescription[]> {
  const admin = librdkafkaAdmin();
  return requestAdmin(client, {
    operation: "describe topics",
    code: AdminOperation.describeTopics,
    timeoutMs,
    send: (rk, options, queue) =>
      withStringArray(topics, (names, count) => {
        using collection = new Handle(
          "topic collection",
          admin.rd_kafka_TopicCollection_of_topic_names(names, count),
          (pointer) => admin.rd_kafka_TopicCollection_destroy(pointer),
        );
        admin.rd_kafka_DescribeTopics(rk, collection.pointer, options, queue);
      }),
    settle(event) {
      const result = admin.rd_kafka_event_DescribeTopics_result(event)!;
      return readArray((count) => admin.rd_kafka_DescribeTopics_result_topics(result, count)).map(readTopic);
    },
  });
}

function readTopic(topic: Pointer): TopicDescription {
  const admin = librdkafkaAdmin();
  const name = admin.rd_kafka_TopicDescription_name(topic)!;
  const failure = borrowedError(admin.rd_kafka_TopicDescription_error(topic), `describe topic "${name}"`);
  if (failure) throw failure;
  const partitions = readArray((count) => admin.rd_kafka_TopicDescription_partitions(topic, count));
  return {
    topic: name,
    internal: admin.rd_kafka_TopicDescription_is_internal(topic) !== 0,
    partitions: partitions.map(readPartition),
  };
}

function readPartition(partition: Pointer): PartitionDescription {
  const admin = librdkafkaAdmin();
  const leader = admin.rd_kafka_TopicPartitionInfo_leader(partition);
  return {
    partition: admin.rd_kafka_TopicPartitionInfo_partition(partition),
    leader: leader ? readBroker(leader) : null,
    replicas: readArray((count) => admin.rd_kafka_TopicPartitionInfo_replicas(partition, count)).map(
      readBroker,
    ),
    inSyncReplicas: readArray((count) => admin.rd_kafka_TopicPartitionInfo_isr(partition, count)).map(
      readBroker,
    ),
  };
}
