/** Results of the Admin API as the objects that the addon gives. Everything is copied out of the result's event. */
import {
  librdkafka,
  librdkafkaAdmin,
  NativeMemory,
  type Pointer,
  read,
  readArray,
} from "@campus/kafka/native";
import { type Failure, failure, failureOf } from "./failure.ts";
import { library } from "./library.ts";
import {
  elementsOf,
  errorOf,
  leaderEpochOf,
  metadataOf,
  offsetOf,
  partitionOf,
  readDescribedPartitions,
  topicOf,
} from "./topic-partitions.ts";

type Settled<T> = { result: T } | { failure: Failure };

/** Of requests about topics: nothing, or the first failure. */
export function settleTopics(topics: readonly Pointer[], withReason: boolean): Settled<undefined> {
  const admin = librdkafkaAdmin();
  for (const topic of topics) {
    const code = admin.rd_kafka_topic_result_error(topic);
    const reason = withReason ? admin.rd_kafka_topic_result_error_string(topic) : null;
    if (code !== 0) return { failure: failure(code, reason) };
  }
  return { result: undefined };
}

/** `{ error }` of a borrowed `rd_kafka_error_t *`, or nothing. */
function errorField(error: Pointer | null): { error?: Failure } {
  return error ? { error: failureOf(error) } : {};
}

function partitionError(element: Pointer): { error?: Failure } {
  const code = errorOf(element);
  return code === 0 ? {} : { error: failure(code) };
}

function readNode(node: Pointer | null): object {
  if (!node) return { id: -1, host: "", port: -1 };
  const admin = librdkafkaAdmin();
  const rack = admin.rd_kafka_Node_rack(node);
  return {
    id: admin.rd_kafka_Node_id(node),
    host: admin.rd_kafka_Node_host(node) ?? "",
    port: admin.rd_kafka_Node_port(node),
    ...(rack === null ? {} : { rack }),
  };
}

/** `{ authorizedOperations }`, if they were asked for. The array is of enums, four bytes each. */
function operationsField(call: (outCount: Pointer) => Pointer | null): { authorizedOperations?: number[] } {
  const count = new NativeMemory(8);
  const array = call(count.address);
  if (!array) return {};
  return { authorizedOperations: Array.from({ length: count.getSize(0) }, (_, i) => read.i32(array, i * 4)) };
}

export function readGroupListing(event: Pointer): object {
  const admin = librdkafkaAdmin();
  const result = admin.rd_kafka_event_ListConsumerGroups_result(event);
  const errors = readArray((count) => admin.rd_kafka_ListConsumerGroups_result_errors(result, count));
  const groups = readArray((count) => admin.rd_kafka_ListConsumerGroups_result_valid(result, count));
  return {
    errors: errors.map(failureOf),
    groups: groups.map((group) => {
      const simple = admin.rd_kafka_ConsumerGroupListing_is_simple_consumer_group(group) !== 0;
      return {
        groupId: admin.rd_kafka_ConsumerGroupListing_group_id(group),
        isSimpleConsumerGroup: simple,
        protocolType: simple ? "simple" : "consumer",
        state: admin.rd_kafka_ConsumerGroupListing_state(group),
        type: admin.rd_kafka_ConsumerGroupListing_type(group),
      };
    }),
  };
}

export function readGroupDescriptions(event: Pointer): object {
  const admin = librdkafkaAdmin();
  const result = admin.rd_kafka_event_DescribeConsumerGroups_result(event);
  const groups = readArray((count) => admin.rd_kafka_DescribeConsumerGroups_result_groups(result, count));
  return { groups: groups.map(readGroup) };
}

function readGroup(group: Pointer): object {
  const admin = librdkafkaAdmin();
  const simple = library().rd_kafka_ConsumerGroupDescription_is_simple_consumer_group(group) !== 0;
  const assignor = admin.rd_kafka_ConsumerGroupDescription_partition_assignor(group) ?? "";
  const coordinator = admin.rd_kafka_ConsumerGroupDescription_coordinator(group);
  const members = Number(admin.rd_kafka_ConsumerGroupDescription_member_count(group));
  return {
    groupId: admin.rd_kafka_ConsumerGroupDescription_group_id(group),
    ...errorField(admin.rd_kafka_ConsumerGroupDescription_error(group)),
    members: Array.from({ length: members }, (_, i) =>
      readMember(admin.rd_kafka_ConsumerGroupDescription_member(group, i)!),
    ),
    isSimpleConsumerGroup: simple,
    protocolType: simple ? "simple" : "consumer",
    protocol: assignor,
    partitionAssignor: assignor,
    state: admin.rd_kafka_ConsumerGroupDescription_state(group),
    type: admin.rd_kafka_ConsumerGroupDescription_type(group),
    ...(coordinator ? { coordinator: readNode(coordinator) } : {}),
    ...operationsField((count) =>
      library().rd_kafka_ConsumerGroupDescription_authorized_operations(group, count),
    ),
  };
}

function readMember(member: Pointer): object {
  const admin = librdkafkaAdmin();
  const instance = admin.rd_kafka_MemberDescription_group_instance_id(member);
  const target = library().rd_kafka_MemberDescription_target_assignment(member);
  const assignment = (of: Pointer | null): object => ({
    topicPartitions: readDescribedPartitions(of && admin.rd_kafka_MemberAssignment_partitions(of)),
  });
  return {
    clientHost: admin.rd_kafka_MemberDescription_host(member),
    clientId: admin.rd_kafka_MemberDescription_client_id(member),
    memberId: admin.rd_kafka_MemberDescription_consumer_id(member),
    memberAssignment: null,
    memberMetadata: null,
    ...(instance === null ? {} : { groupInstanceId: instance }),
    assignment: assignment(admin.rd_kafka_MemberDescription_assignment(member)),
    ...(target ? { targetAssignment: assignment(target) } : {}),
  };
}

export function readDeletedGroups(event: Pointer): object[] {
  const admin = librdkafkaAdmin();
  const result = admin.rd_kafka_event_DeleteGroups_result(event);
  const groups = readArray((count) => admin.rd_kafka_DeleteGroups_result_groups(result, count));
  return groups.map((group) => {
    const error = admin.rd_kafka_group_result_error(group);
    return {
      groupId: admin.rd_kafka_group_result_name(group),
      errorCode: error ? librdkafka().rd_kafka_error_code(error) : 0,
      ...errorField(error),
    };
  });
}

export function readGroupOffsets(event: Pointer): object[] {
  const admin = librdkafkaAdmin();
  const result = admin.rd_kafka_event_ListConsumerGroupOffsets_result(event);
  const groups = readArray((count) => admin.rd_kafka_ListConsumerGroupOffsets_result_groups(result, count));
  return groups.map((group) => ({
    groupId: admin.rd_kafka_group_result_name(group),
    ...errorField(admin.rd_kafka_group_result_error(group)),
    partitions: elementsOf(admin.rd_kafka_group_result_partitions(group)).map((element) => ({
      topic: topicOf(element),
      partition: partitionOf(element),
      offset: offsetOf(element),
      metadata: metadataOf(element),
      ...leaderEpochOf(element),
      ...partitionError(element),
    })),
  }));
}

export function readDeletedRecords(event: Pointer): object[] {
  const admin = librdkafkaAdmin();
  const result = admin.rd_kafka_event_DeleteRecords_result(event);
  return elementsOf(admin.rd_kafka_DeleteRecords_result_offsets(result)).map((element) => ({
    topic: topicOf(element),
    partition: partitionOf(element),
    lowWatermark: offsetOf(element),
    ...partitionError(element),
  }));
}

export function readTopicDescriptions(event: Pointer): object[] {
  const admin = librdkafkaAdmin();
  const result = admin.rd_kafka_event_DescribeTopics_result(event);
  return readArray((count) => admin.rd_kafka_DescribeTopics_result_topics(result, count)).map((topic) => ({
    name: admin.rd_kafka_TopicDescription_name(topic),
    topicId: readUuid(library().rd_kafka_TopicDescription_topic_id(topic)),
    isInternal: admin.rd_kafka_TopicDescription_is_internal(topic) !== 0,
    ...errorField(admin.rd_kafka_TopicDescription_error(topic)),
    ...operationsField((count) => library().rd_kafka_TopicDescription_authorized_operations(topic, count)),
    partitions: readArray((count) => admin.rd_kafka_TopicDescription_partitions(topic, count)).map(
      readPartition,
    ),
  }));
}

function readPartition(partition: Pointer): object {
  const admin = librdkafkaAdmin();
  const leader = admin.rd_kafka_TopicPartitionInfo_leader(partition);
  return {
    partition: admin.rd_kafka_TopicPartitionInfo_partition(partition),
    leader: leader && readNode(leader),
    isr: readArray((count) => admin.rd_kafka_TopicPartitionInfo_isr(partition, count)).map(readNode),
    replicas: readArray((count) => admin.rd_kafka_TopicPartitionInfo_replicas(partition, count)).map(
      readNode,
    ),
  };
}

function readUuid(uuid: Pointer | null): object {
  const lib = library();
  return {
    mostSignificantBits: BigInt(lib.rd_kafka_Uuid_most_significant_bits(uuid)),
    leastSignificantBits: BigInt(lib.rd_kafka_Uuid_least_significant_bits(uuid)),
    base64: lib.rd_kafka_Uuid_base64str(uuid) ?? "",
  };
}

export function readListedOffsets(event: Pointer): object[] {
  const admin = librdkafkaAdmin();
  const result = admin.rd_kafka_event_ListOffsets_result(event);
  return readArray((count) => admin.rd_kafka_ListOffsets_result_infos(result, count)).map((info) => {
    const element = admin.rd_kafka_ListOffsetsResultInfo_topic_partition(info)!;
    return {
      topic: topicOf(element),
      partition: partitionOf(element),
      offset: offsetOf(element),
      ...partitionError(element),
      ...leaderEpochOf(element),
      timestamp: Number(admin.rd_kafka_ListOffsetsResultInfo_timestamp(info)),
    };
  });
}
