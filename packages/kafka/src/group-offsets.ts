/** Requests about the offsets that groups have committed, for consumer and admin alike. The group's coordinator answers them. */

import { requireGroupRequests } from "./admin-groups.ts";
import { lookUpCoordinators } from "./coordinator-cache.ts";
import { KafkaError } from "./error.ts";
import {
  AdminOperation,
  borrowedError,
  readArray,
  requestAdmin,
  withHandles,
  withPointerArray,
} from "./native/admin-request.ts";
import { ErrCode } from "./native/error-codes.ts";
import { cstring, type Pointer } from "./native/ffi.ts";
import { Handle } from "./native/handle.ts";
import { librdkafkaAdmin } from "./native/library.ts";
import type { NativeClient } from "./native/native-client.ts";
import {
  createPartitionList,
  type ListEntry,
  outcomeOf,
  readPartitionList,
} from "./native/partition-list.ts";
import type { TopicPartition, TopicPartitionOffset } from "./record.ts";
import { withRetries } from "./retry.ts";

/**
 * @internal Committed offsets of a group; of all its partitions unless some are named. Those without one have offset -1. Offsets that an
 * open transaction may still change (`UNSTABLE_OFFSET_COMMIT`) are waited for.
 */
export function groupOffsets(
  client: NativeClient,
  groupId: string,
  partitions: readonly TopicPartition[] | null,
  timeoutMs: number,
): Promise<TopicPartitionOffset[]> {
  const operation = `list offsets of group "${groupId}"`;
  const cure = lookUpCoordinators<null>(client);
  return withRetries(client, { operation, kind: "reading", timeoutMs, cure }, (leftMs) =>
    stableOffsets(client, groupId, partitions, leftMs),
  );
}

function stableOffsets(
  client: NativeClient,
  groupId: string,
  partitions: readonly TopicPartition[] | null,
  timeoutMs: number,
): Promise<TopicPartitionOffset[]> {
  const admin = librdkafkaAdmin();
  return requestAdmin(client, {
    operation: `list offsets of group "${groupId}"`,
    code: AdminOperation.listGroupOffsets,
    timeoutMs,
    requireStable: true,
    send(rk, options, queue) {
      const list = partitions ? createPartitionList(partitions) : null;
      try {
        const request = () =>
          new Handle(
            "group offsets request",
            admin.rd_kafka_ListConsumerGroupOffsets_new(cstring(groupId), list?.pointer ?? null),
            (pointer) => admin.rd_kafka_ListConsumerGroupOffsets_destroy(pointer),
          );
        withHandles([request], (pointers) =>
          withPointerArray(pointers, (array, count) =>
            admin.rd_kafka_ListConsumerGroupOffsets(rk, array, count, options, queue),
          ),
        );
      } finally {
        list?.release();
      }
    },
    settle(event) {
      const result = admin.rd_kafka_event_ListConsumerGroupOffsets_result(event)!;
      const [group] = readArray((count) =>
        admin.rd_kafka_ListConsumerGroupOffsets_result_groups(result, count),
      );
      return readGroupPartitions(group!, "list offsets").map((entry) => ({
        ...entry,
        offset: Math.max(-1, entry.offset),
      }));
    },
  });
}

type GroupChange = { readonly kind: "Alter" | "Delete"; readonly code: number; readonly operation: string };

/** @internal Sets committed offsets of a group without active members. */
export function alterGroupOffsets(
  client: NativeClient,
  groupId: string,
  offsets: readonly TopicPartitionOffset[],
  timeoutMs: number,
): Promise<void> {
  const operation = `alter offsets of group "${groupId}"`;
  return changeGroupOffsets(client, groupId, offsets, timeoutMs, {
    kind: "Alter",
    code: AdminOperation.alterGroupOffsets,
    operation,
  });
}

/** @internal Forgets committed offsets of a group without active members on those topics. */
export async function deleteGroupOffsets(
  client: NativeClient,
  groupId: string,
  partitions: readonly TopicPartition[],
  timeoutMs: number,
): Promise<void> {
  await requireGroupRequests(client, [groupId], timeoutMs);
  const operation = `delete offsets of group "${groupId}"`;
  return changeGroupOffsets(client, groupId, partitions, timeoutMs, {
    kind: "Delete",
    code: AdminOperation.deleteGroupOffsets,
    operation,
  });
}

function changeGroupOffsets(
  client: NativeClient,
  groupId: string,
  entries: readonly ListEntry[],
  timeoutMs: number,
  change: GroupChange,
): Promise<void> {
  const { operation } = change;
  if (entries.length === 0) {
    return Promise.reject(
      new KafkaError({ code: ErrCode.invalidArgument, operation, message: "no partitions are named" }),
    );
  }
  const cure = lookUpCoordinators<null>(client);
  return withRetries(client, { operation, kind: "writing", timeoutMs, cure }, (leftMs) =>
    changeOnce(client, groupId, entries, leftMs, change),
  );
}

function changeOnce(
  client: NativeClient,
  groupId: string,
  entries: readonly ListEntry[],
  timeoutMs: number,
  { kind, code, operation }: GroupChange,
): Promise<void> {
  const admin = librdkafkaAdmin();
  const call = `rd_kafka_${kind}ConsumerGroupOffsets` as const;
  return requestAdmin(client, {
    operation,
    code,
    timeoutMs,
    send(rk, options, queue) {
      using list = createPartitionList(entries);
      const request = () =>
        new Handle("group offsets request", admin[`${call}_new`](cstring(groupId), list.pointer), (pointer) =>
          admin[`${call}_destroy`](pointer),
        );
      withHandles([request], (pointers) =>
        withPointerArray(pointers, (array, count) => admin[call](rk, array, count, options, queue)),
      );
    },
    settle(event) {
      const result = admin[`rd_kafka_event_${kind}ConsumerGroupOffsets_result`](event)!;
      for (const group of readArray((count) => admin[`${call}_result_groups`](result, count))) {
        readGroupPartitions(group, operation);
      }
    },
  });
}

/** Throws the group's error or the first partition's. */
function readGroupPartitions(group: Pointer, operation: string): TopicPartitionOffset[] {
  const admin = librdkafkaAdmin();
  const failure = borrowedError(admin.rd_kafka_group_result_error(group), operation);
  if (failure) throw failure;
  return readPartitionList(admin.rd_kafka_group_result_partitions(group)).map((entry) => {
    const outcome = outcomeOf(entry, operation);
    if (outcome instanceof KafkaError) throw outcome;
    return outcome;
  });
}
