/** The administration of a cluster. Every call is one request, or one a broker, with its own timeout; results come as events. */

import { type Broker, type ClusterDescription, describeCluster, readBroker } from "./cluster.ts";
import { adminProperties, type ClientOptions } from "./config.ts";
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
import { cstring, NativeMemory, type Pointer, read, readString } from "./native/ffi.ts";
import { Handle } from "./native/handle.ts";
import { metadata as metadataField, metadataTopic } from "./native/layout.ts";
import { check, librdkafkaAdmin } from "./native/library.ts";
import { NativeClient } from "./native/native-client.ts";
import { readPartitionList } from "./native/partition-list.ts";
import {
  alterGroupOffsets,
  deleteGroupOffsets,
  groupOffsets,
  listOffsets,
  type OffsetSpec,
} from "./offsets.ts";
import type { TopicPartition, TopicPartitionOffset } from "./record.ts";

export interface AdminOptions extends ClientOptions {
  /** Of each request. Default 10 000 ms. */
  readonly timeoutMs?: number;
}

export interface NewTopic {
  readonly topic: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Topic settings by Kafka's names: `retention.ms`, `cleanup.policy`, … */
  readonly config?: Readonly<Record<string, string>>;
}

export interface PartitionDescription {
  readonly partition: number;
  /** Null while the partition has none. */
  readonly leader: Broker | null;
  readonly replicas: readonly Broker[];
  readonly inSyncReplicas: readonly Broker[];
}

export interface TopicDescription {
  readonly topic: string;
  readonly internal: boolean;
  readonly partitions: readonly PartitionDescription[];
}

export interface GroupListing {
  readonly groupId: string;
  /** Kafka's names: `Stable`, `Empty`, `PreparingRebalance`, … */
  readonly state: string;
  readonly type: string;
}

export interface GroupMember {
  readonly memberId: string;
  readonly clientId: string;
  readonly host: string;
  readonly groupInstanceId: string | null;
  readonly assignment: readonly TopicPartition[];
}

export interface GroupDescription extends GroupListing {
  readonly assignor: string;
  readonly coordinator: Broker | null;
  readonly members: readonly GroupMember[];
}

export class Admin implements AsyncDisposable {
  readonly #client: NativeClient;
  readonly #timeoutMs: number;

  /** @internal Use `createAdmin`. */
  constructor(options: AdminOptions) {
    this.#timeoutMs = options.timeoutMs ?? 10_000;
    this.#client = new NativeClient({
      type: "producer",
      properties: adminProperties(options),
      handlers: options,
      events: 0,
      onEvent: () => undefined,
    });
  }

  describeCluster(): Promise<ClusterDescription> {
    return describeCluster(this.#client, this.#timeoutMs);
  }

  /**
   * Creates topics, each for itself: the map holds an error for each that was not created.
   * @throws the error of a request that failed as a whole
   */
  createTopics(topics: readonly NewTopic[]): Promise<Map<string, KafkaError | null>> {
    const admin = librdkafkaAdmin();
    return this.#perTopic(
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

  /** Deletes topics with all their records, each for itself. */
  deleteTopics(topics: readonly string[]): Promise<Map<string, KafkaError | null>> {
    const admin = librdkafkaAdmin();
    const deletion = (topic: string) => () =>
      new Handle("topic deletion", admin.rd_kafka_DeleteTopic_new(cstring(topic)), (pointer) =>
        admin.rd_kafka_DeleteTopic_destroy(pointer),
      );
    return this.#perTopic(topics.map(deletion), {
      operation: "delete topic",
      code: AdminOperation.deleteTopics,
      call: admin.rd_kafka_DeleteTopics,
      results: (event, count) =>
        admin.rd_kafka_DeleteTopics_result_topics(admin.rd_kafka_event_DeleteTopics_result(event), count),
    });
  }

  /** The names of all topics, internal ones included. */
  async listTopics(): Promise<string[]> {
    const out = new NativeMemory(8);
    const code = await callBlocking("rd_kafka_metadata", [
      this.#client.rk.pointer,
      1,
      null,
      out.address,
      this.#timeoutMs,
    ]);
    check(Number(code), "list topics");
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

  /** @throws KafkaError `UNKNOWN_TOPIC_OR_PART` naming the first topic that does not exist */
  describeTopics(topics: readonly string[]): Promise<TopicDescription[]> {
    if (topics.length === 0) return Promise.resolve([]);
    const admin = librdkafkaAdmin();
    return requestAdmin(this.#client, {
      operation: "describe topics",
      code: AdminOperation.describeTopics,
      timeoutMs: this.#timeoutMs,
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
        return readArray((count) => admin.rd_kafka_DescribeTopics_result_topics(result, count)).map(
          readTopic,
        );
      },
    });
  }

  /** First, last or by time, a partition. */
  listOffsets(specs: readonly OffsetSpec[]): Promise<TopicPartitionOffset[]> {
    return listOffsets(this.#client, specs, this.#timeoutMs);
  }

  /** What a group has committed, on all its partitions or those named (the in-process cluster answers only for named ones). */
  groupOffsets(groupId: string, partitions?: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    return groupOffsets(this.#client, groupId, partitions ?? null, this.#timeoutMs);
  }

  /** Sets a group's committed offsets. The group must have no active members on those topics. */
  alterGroupOffsets(groupId: string, offsets: readonly TopicPartitionOffset[]): Promise<void> {
    return alterGroupOffsets(this.#client, groupId, offsets, this.#timeoutMs);
  }

  deleteGroupOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<void> {
    return deleteGroupOffsets(this.#client, groupId, partitions, this.#timeoutMs);
  }

  /** All groups the brokers know. @throws the first broker's error if one could not be asked */
  listGroups(): Promise<GroupListing[]> {
    const admin = librdkafkaAdmin();
    return requestAdmin(this.#client, {
      operation: "list groups",
      code: AdminOperation.listGroups,
      timeoutMs: this.#timeoutMs,
      send: (rk, options, queue) => admin.rd_kafka_ListConsumerGroups(rk, options, queue),
      settle(event) {
        const result = admin.rd_kafka_event_ListConsumerGroups_result(event)!;
        const [failed] = readArray((count) => admin.rd_kafka_ListConsumerGroups_result_errors(result, count));
        const failure = failed === undefined ? null : borrowedError(failed, "list groups");
        if (failure) throw failure;
        return readArray((count) => admin.rd_kafka_ListConsumerGroups_result_valid(result, count)).map(
          (listing) => ({
            groupId: admin.rd_kafka_ConsumerGroupListing_group_id(listing)!,
            state: stateName(admin.rd_kafka_ConsumerGroupListing_state(listing)),
            type: typeName(admin.rd_kafka_ConsumerGroupListing_type(listing)),
          }),
        );
      },
    });
  }

  /** State, members and their partitions. A group that does not exist is described as `Dead`, without members. */
  describeGroups(groupIds: readonly string[]): Promise<GroupDescription[]> {
    if (groupIds.length === 0) return Promise.resolve([]);
    const admin = librdkafkaAdmin();
    return requestAdmin(this.#client, {
      operation: "describe groups",
      code: AdminOperation.describeGroups,
      timeoutMs: this.#timeoutMs,
      send: (rk, options, queue) =>
        withStringArray(groupIds, (names, count) =>
          admin.rd_kafka_DescribeConsumerGroups(rk, names, count, options, queue),
        ),
      settle(event) {
        const result = admin.rd_kafka_event_DescribeConsumerGroups_result(event)!;
        return readArray((count) => admin.rd_kafka_DescribeConsumerGroups_result_groups(result, count)).map(
          readGroup,
        );
      },
    });
  }

  close(): Promise<void> {
    return this.#client.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Requests that take an array of native objects, one a topic, and answer with a result a topic. */
  #perTopic(makers: (() => Handle)[], request: TopicRequest): Promise<Map<string, KafkaError | null>> {
    if (makers.length === 0) return Promise.resolve(new Map());
    return requestAdmin(this.#client, {
      operation: request.operation,
      code: request.code,
      timeoutMs: this.#timeoutMs,
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
}

interface TopicRequest {
  readonly operation: string;
  readonly code: number;
  readonly call: (...args: (number | null)[]) => unknown;
  readonly results: (event: Pointer, outCount: Pointer) => Pointer | null;
}

function newTopic({ topic, partitions, replicationFactor, config = {} }: NewTopic): Handle {
  const admin = librdkafkaAdmin();
  const reason = new NativeMemory(512);
  const pointer = admin.rd_kafka_NewTopic_new(
    cstring(topic),
    partitions,
    replicationFactor,
    reason.address,
    reason.size,
  );
  if (!pointer) {
    const message = readString(reason.address) ?? "refused";
    throw new KafkaError({ code: -186, operation: `create topic "${topic}"`, message });
  }
  const handle = new Handle("new topic", pointer, (created) => admin.rd_kafka_NewTopic_destroy(created));
  for (const [name, value] of Object.entries(config)) {
    admin.rd_kafka_NewTopic_set_config(pointer, cstring(name), cstring(value));
  }
  return handle;
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
    partitions: partitions.map((partition) => {
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
    }),
  };
}

function readGroup(group: Pointer): GroupDescription {
  const admin = librdkafkaAdmin();
  const groupId = admin.rd_kafka_ConsumerGroupDescription_group_id(group)!;
  const failure = borrowedError(
    admin.rd_kafka_ConsumerGroupDescription_error(group),
    `describe group "${groupId}"`,
  );
  if (failure) throw failure;
  const coordinator = admin.rd_kafka_ConsumerGroupDescription_coordinator(group);
  const members = Number(admin.rd_kafka_ConsumerGroupDescription_member_count(group));
  return {
    groupId,
    state: stateName(admin.rd_kafka_ConsumerGroupDescription_state(group)),
    type: typeName(admin.rd_kafka_ConsumerGroupDescription_type(group)),
    assignor: admin.rd_kafka_ConsumerGroupDescription_partition_assignor(group) ?? "",
    coordinator: coordinator ? readBroker(coordinator) : null,
    members: Array.from({ length: members }, (_, i) =>
      readMember(admin.rd_kafka_ConsumerGroupDescription_member(group, i)!),
    ),
  };
}

function readMember(member: Pointer): GroupMember {
  const admin = librdkafkaAdmin();
  const assignment = admin.rd_kafka_MemberDescription_assignment(member);
  const partitions = assignment ? admin.rd_kafka_MemberAssignment_partitions(assignment) : null;
  return {
    memberId: admin.rd_kafka_MemberDescription_consumer_id(member) ?? "",
    clientId: admin.rd_kafka_MemberDescription_client_id(member) ?? "",
    host: admin.rd_kafka_MemberDescription_host(member) ?? "",
    groupInstanceId: admin.rd_kafka_MemberDescription_group_instance_id(member),
    assignment: readPartitionList(partitions).map(({ topic, partition }) => ({ topic, partition })),
  };
}

function stateName(state: number): string {
  return librdkafkaAdmin().rd_kafka_consumer_group_state_name(state) ?? "Unknown";
}

function typeName(type: number): string {
  return librdkafkaAdmin().rd_kafka_consumer_group_type_name(type) ?? "Unknown";
}

/** Creates an admin client. */
export function createAdmin(options: AdminOptions): Admin {
  return new Admin(options);
}
