/** Requests about consumer groups: list, describe, delete. Their offsets are in offsets.ts. */

import { type Broker, readBroker } from "./cluster.ts";
import { lookUpCoordinators } from "./coordinator-cache.ts";
import { KafkaError } from "./error.ts";
import {
  AdminOperation,
  borrowedError,
  inOrder,
  readArray,
  requestAdmin,
  withHandles,
  withPointerArray,
  withStringArray,
} from "./native/admin-request.ts";
import { cstring, type Pointer } from "./native/ffi.ts";
import { Handle } from "./native/handle.ts";
import { librdkafkaAdmin } from "./native/library.ts";
import type { NativeClient } from "./native/native-client.ts";
import { readPartitionList } from "./native/partition-list.ts";
import type { TopicPartition } from "./record.ts";
import { retryEach, withRetries } from "./retry.ts";

/** A group as the list of all groups shows it. */
export interface GroupListing {
  /** `group.id` of its members. */
  readonly groupId: string;
  /** Kafka's names: `Stable`, `Empty`, `PreparingRebalance`, … */
  readonly state: string;
  /** `Classic` or `Consumer` (KIP-848). */
  readonly type: string;
}

/** A consumer in a group, with what it reads. */
export interface GroupMember {
  /** Given by the coordinator, new each time the member joins. */
  readonly memberId: string;
  /** `client.id` as the member set it. */
  readonly clientId: string;
  /** The address it connects from, as the broker sees it. */
  readonly host: string;
  /** Of a static member (KIP-345), else null. */
  readonly groupInstanceId: string | null;
  /** The partitions it reads now. */
  readonly assignment: readonly TopicPartition[];
}

/** A group with its members. */
export interface GroupDescription extends GroupListing {
  /** How partitions are shared out: `cooperative-sticky`, `range`, …; empty for a group without members. */
  readonly assignor: string;
  /** The broker that keeps the group and its offsets. */
  readonly coordinator: Broker | null;
  /** Those the coordinator counts now. */
  readonly members: readonly GroupMember[];
}

export function listGroups(client: NativeClient, timeoutMs: number): Promise<GroupListing[]> {
  const operation = "list groups";
  return withRetries(client, { operation, kind: "reading", timeoutMs }, (leftMs) =>
    listOnce(client, operation, leftMs),
  );
}

function listOnce(client: NativeClient, operation: string, timeoutMs: number): Promise<GroupListing[]> {
  const admin = librdkafkaAdmin();
  return requestAdmin(client, {
    operation,
    code: AdminOperation.listGroups,
    timeoutMs,
    send: (rk, options, queue) => admin.rd_kafka_ListConsumerGroups(rk, options, queue),
    settle(event) {
      const result = admin.rd_kafka_event_ListConsumerGroups_result(event)!;
      const [failed] = readArray((count) => admin.rd_kafka_ListConsumerGroups_result_errors(result, count));
      const failure = failed === undefined ? null : borrowedError(failed, operation);
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

export function describeGroups(
  client: NativeClient,
  groupIds: readonly string[],
  timeoutMs: number,
): Promise<GroupDescription[]> {
  if (groupIds.length === 0) return Promise.resolve([]);
  const operation = "describe groups";
  const cure = lookUpCoordinators<null>(client);
  return withRetries(client, { operation, kind: "reading", timeoutMs, cure }, (leftMs) =>
    describeOnce(client, operation, groupIds, leftMs),
  );
}

function describeOnce(
  client: NativeClient,
  operation: string,
  groupIds: readonly string[],
  timeoutMs: number,
): Promise<GroupDescription[]> {
  const admin = librdkafkaAdmin();
  return requestAdmin(client, {
    operation,
    code: AdminOperation.describeGroups,
    timeoutMs,
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

/** By group: null where it was deleted, else why not. */
export async function deleteGroups(
  client: NativeClient,
  groupIds: readonly string[],
  timeoutMs: number,
): Promise<Map<string, KafkaError | null>> {
  if (groupIds.length === 0) return new Map();
  await requireGroupRequests(client, groupIds, timeoutMs);
  const operation = "delete groups";
  const cure = lookUpCoordinators<string>(client);
  const outcomes = await retryEach<string, null>(
    client,
    { operation, kind: "writing", timeoutMs, cure },
    groupIds,
    (open, leftMs) => deleteOnce(client, operation, open, leftMs),
  );
  return new Map(groupIds.map((groupId, i) => [groupId, outcomes[i]!]));
}

/**
 * Asks for a description first, before anything is deleted that a group's coordinator keeps: its error tells of a broker that knows no such requests,
 * as those of the in-process cluster. To refuse a deletion itself costs librdkafka (2.15.1) a reference to its own queue each time, and
 * the process its life when the client is closed.
 * @throws KafkaError `_UNSUPPORTED_FEATURE` from such a broker
 */
export async function requireGroupRequests(
  client: NativeClient,
  groupIds: readonly string[],
  timeoutMs: number,
): Promise<void> {
  await describeGroups(client, groupIds, timeoutMs).catch((error: unknown) => {
    // What a broker says of a group is for the deletion to tell.
    if (!(error instanceof KafkaError && error.code > 0)) throw error;
  });
}

/** Answers in the order of `groupIds`. */
function deleteOnce(
  client: NativeClient,
  operation: string,
  groupIds: readonly string[],
  timeoutMs: number,
): Promise<(KafkaError | null)[]> {
  const admin = librdkafkaAdmin();
  const deletion = (groupId: string) => () =>
    new Handle("group deletion", admin.rd_kafka_DeleteGroup_new(cstring(groupId)), (pointer) =>
      admin.rd_kafka_DeleteGroup_destroy(pointer),
    );
  return requestAdmin(client, {
    operation,
    code: AdminOperation.deleteGroups,
    timeoutMs,
    send: (rk, options, queue) =>
      withHandles(groupIds.map(deletion), (pointers) =>
        withPointerArray(pointers, (array, count) =>
          admin.rd_kafka_DeleteGroups(rk, array, count, options, queue),
        ),
      ),
    settle(event) {
      const result = admin.rd_kafka_event_DeleteGroups_result(event)!;
      const failures = new Map(
        readArray((count) => admin.rd_kafka_DeleteGroups_result_groups(result, count)).map((group) => {
          const groupId = admin.rd_kafka_group_result_name(group)!;
          const failure = borrowedError(
            admin.rd_kafka_group_result_error(group),
            `delete group "${groupId}"`,
          );
          return [groupId, failure];
        }),
      );
      return inOrder(groupIds, failures, operation);
    },
  });
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
