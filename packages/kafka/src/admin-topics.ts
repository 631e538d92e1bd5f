/** Requests about topics: create, delete, grow, describe, list, and delete records. */
import { type Broker, readBroker } from "./cluster.ts";
import { KafkaError } from "./error.ts";
import {
  AdminOperation,
  borrowedError,
  readArray,
  requestAdmin,
  topicResultError,
  withHandles,
  withPointerArray,
  withStringArray,
} from "./native/admin-request.ts";
import { callBlocking } from "./native/blocking.ts";
import { ErrCode } from "./native/error-codes.ts";
import { cstring, NativeMemory, type Pointer, read, readString } from "./native/ffi.ts";
import { Handle } from "./native/handle.ts";
import { metadata as metadataField, metadataTopic } from "./native/layout.ts";
import { errorOf, librdkafkaAdmin } from "./native/library.ts";
import type { NativeClient } from "./native/native-client.ts";
import { createPartitionList, readPartitionList } from "./native/partition-list.ts";
import type { TopicPartitionOffset } from "./record.ts";

/** A topic to create. */
export interface NewTopic {
  readonly topic: string;
  /** At least 1; -1 for the broker's `num.partitions`. */
  readonly partitions: number;
  /** Copies of each partition, at most one a broker; -1 for the broker's `default.replication.factor`. */
  readonly replicationFactor: number;
  /** Topic settings by Kafka's names: `retention.ms`, `cleanup.policy`, … */
  readonly config?: Readonly<Record<string, string>>;
}

/** Who has a partition. */
export interface PartitionDescription {
  readonly partition: number;
  /** Null while the partition has none. */
  readonly leader: Broker | null;
  readonly replicas: readonly Broker[];
  /** Those that have all of it: one of them becomes leader when the leader fails (`min.insync.replicas` counts them). */
  readonly inSyncReplicas: readonly Broker[];
}

/** A topic and where its partitions are. */
export interface TopicDescription {
  readonly topic: string;
  /** Kafka's own, such as `__consumer_offsets`. */
  readonly internal: boolean;
  readonly partitions: readonly PartitionDescription[];
}

/** By topic: null where it was done, else why not. */
export type TopicResults = Map<string, KafkaError | null>;

export function createTopics(
  client: NativeClient,
  topics: readonly NewTopic[],
  timeoutMs: number,
): Promise<TopicResults> {
  const admin = librdkafkaAdmin();
  return perTopic(
    client,
    timeoutMs,
    topics.map((topic) => () => newTopic(topic)),
    {
      operation: "create topic",
      code: AdminOperation.createTopics,
      call: admin.rd_kafka_CreateTopics,
      results: (event, count) =>
        admin.rd_kafka_CreateTopics_result_topics(admin.rd_kafka_event_CreateTopics_result(event), count),
    },
  );
}

export function deleteTopics(
  client: NativeClient,
  topics: readonly string[],
  timeoutMs: number,
): Promise<TopicResults> {
  const admin = librdkafkaAdmin();
  const deletion = (topic: string) => () =>
    new Handle("topic deletion", admin.rd_kafka_DeleteTopic_new(cstring(topic)), (pointer) =>
      admin.rd_kafka_DeleteTopic_destroy(pointer),
    );
  return perTopic(client, timeoutMs, topics.map(deletion), {
    operation: "delete topic",
    code: AdminOperation.deleteTopics,
    call: admin.rd_kafka_DeleteTopics,
    results: (event, count) =>
      admin.rd_kafka_DeleteTopics_result_topics(admin.rd_kafka_event_DeleteTopics_result(event), count),
  });
}

export function createPartitions(
  client: NativeClient,
  totals: Readonly<Record<string, number>>,
  timeoutMs: number,
): Promise<TopicResults> {
  const admin = librdkafkaAdmin();
  const growth =
    ([topic, total]: [string, number]) =>
    () => {
      const reason = new NativeMemory(512);
      const pointer = admin.rd_kafka_NewPartitions_new(cstring(topic), total, reason.address, reason.size);
      if (!pointer) throw refused(`create partitions of "${topic}"`, reason);
      return new Handle("new partitions", pointer, (created) =>
        admin.rd_kafka_NewPartitions_destroy(created),
      );
    };
  return perTopic(client, timeoutMs, Object.entries(totals).map(growth), {
    operation: "create partitions of",
    code: AdminOperation.createPartitions,
    call: admin.rd_kafka_CreatePartitions,
    results: (event, count) =>
      admin.rd_kafka_CreatePartitions_result_topics(
        admin.rd_kafka_event_CreatePartitions_result(event),
        count,
      ),
  });
}

export async function listTopics(client: NativeClient, timeoutMs: number): Promise<string[]> {
  const out = new NativeMemory(8);
  const code = await callBlocking("rd_kafka_metadata", [client.rk.pointer, 1, null, out.address, timeoutMs]);
  if (code) throw client.explain(errorOf(Number(code), "list topics"));
  using metadata = new Handle("metadata", out.getSize(0), (pointer) =>
    librdkafkaAdmin().rd_kafka_metadata_destroy(pointer),
  );
  const count = read.i32(metadata.pointer, metadataField.topicCount);
  const topics = read.ptr(metadata.pointer, metadataField.topics);
  return Array.from(
    { length: count },
    (_, i) => readString(read.ptr(topics + i * metadataTopic.size, metadataTopic.name))!,
  );
}

export function describeTopics(
  client: NativeClient,
  topics: readonly string[],
  timeoutMs: number,
): Promise<TopicDescription[]> {
  if (topics.length === 0) return Promise.resolve([]);
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

export function deleteRecords(
  client: NativeClient,
  before: readonly TopicPartitionOffset[],
  timeoutMs: number,
): Promise<TopicPartitionOffset[]> {
  if (before.length === 0) return Promise.resolve([]);
  const admin = librdkafkaAdmin();
  return requestAdmin(client, {
    operation: "delete records",
    code: AdminOperation.deleteRecords,
    timeoutMs,
    send(rk, options, queue) {
      using list = createPartitionList(before);
      const request = () =>
        new Handle("record deletion", admin.rd_kafka_DeleteRecords_new(list.pointer), (pointer) =>
          admin.rd_kafka_DeleteRecords_destroy(pointer),
        );
      withHandles([request], (pointers) =>
        withPointerArray(pointers, (array, count) =>
          admin.rd_kafka_DeleteRecords(rk, array, count, options, queue),
        ),
      );
    },
    settle(event) {
      const result = admin.rd_kafka_event_DeleteRecords_result(event)!;
      return readPartitionList(admin.rd_kafka_DeleteRecords_result_offsets(result)).map(({ err, ...low }) => {
        if (err !== ErrCode.none) throw errorOf(err, `delete records of ${low.topic}/${low.partition}`);
        return low;
      });
    },
  });
}

interface TopicRequest {
  readonly operation: string;
  readonly code: number;
  readonly call: (...args: (number | null)[]) => unknown;
  readonly results: (event: Pointer, outCount: Pointer) => Pointer | null;
}

/** Requests that take an array of native objects, one a topic, and answer with a result a topic. */
function perTopic(
  client: NativeClient,
  timeoutMs: number,
  makers: (() => Handle)[],
  request: TopicRequest,
): Promise<TopicResults> {
  if (makers.length === 0) return Promise.resolve(new Map());
  return requestAdmin(client, {
    operation: request.operation,
    code: request.code,
    timeoutMs,
    send: (rk, options, queue) =>
      withHandles(makers, (pointers) =>
        withPointerArray(pointers, (array, count) => request.call(rk, array, count, options, queue)),
      ),
    settle: (event) =>
      new Map(
        readArray((count) => request.results(event, count)).map((result) => [
          librdkafkaAdmin().rd_kafka_topic_result_name(result)!,
          topicResultError(result, request.operation),
        ]),
      ),
  });
}

function newTopic({ topic, partitions, replicationFactor, config = {} }: NewTopic): Handle {
  const admin = librdkafkaAdmin();
  const reason = new NativeMemory(512);
  const name = cstring(topic);
  const pointer = admin.rd_kafka_NewTopic_new(
    name,
    partitions,
    replicationFactor,
    reason.address,
    reason.size,
  );
  if (!pointer) throw refused(`create topic "${topic}"`, reason);
  const handle = new Handle("new topic", pointer, (created) => admin.rd_kafka_NewTopic_destroy(created));
  for (const [setting, value] of Object.entries(config)) {
    admin.rd_kafka_NewTopic_set_config(pointer, cstring(setting), cstring(value));
  }
  return handle;
}

function refused(operation: string, reason: NativeMemory): KafkaError {
  const message = readString(reason.address) || "refused";
  return new KafkaError({ code: ErrCode.invalidArgument, operation, message });
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
