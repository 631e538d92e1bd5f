/** Requests about offsets, for consumer and admin alike: of partitions (by time, first, last) and of groups (committed). */
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
import { errorOf, librdkafkaAdmin, throwIfFailed } from "./native/library.ts";
import type { NativeClient } from "./native/native-client.ts";
import {
  createPartitionList,
  type ListEntry,
  type ReadEntry,
  readPartition,
  readPartitionList,
} from "./native/partition-list.ts";
import type { TopicPartition, TopicPartitionOffset } from "./record.ts";

/** First record kept, end of the log, or the first record of that time or later. */
export type OffsetSpec = TopicPartition & {
  readonly at: "earliest" | "latest" | { readonly timestampMs: number };
};

/** `rd_kafka_OffsetSpec_t` */
const specs = { latest: -1, earliest: -2 } as const;

/** `rd_kafka_IsolationLevel_t`: with `read_committed` the end is the last stable offset. */
const isolationLevels = { read_uncommitted: 0, read_committed: 1 } as const;

/** @internal */
export function listOffsets(
  client: NativeClient,
  wanted: readonly OffsetSpec[],
  timeoutMs: number,
  isolation: "read_committed" | "read_uncommitted" = "read_uncommitted",
): Promise<TopicPartitionOffset[]> {
  if (wanted.length === 0) return Promise.resolve([]);
  const admin = librdkafkaAdmin();
  const entries = wanted.map(({ topic, partition, at }) => ({
    topic,
    partition,
    offset: typeof at === "string" ? specs[at] : at.timestampMs,
  }));
  return requestAdmin(client, {
    operation: "list offsets",
    code: AdminOperation.listOffsets,
    timeoutMs,
    send(rk, options, queue) {
      using list = createPartitionList(entries);
      const level = isolationLevels[isolation];
      throwIfFailed(admin.rd_kafka_AdminOptions_set_isolation_level(options, level), "list offsets");
      admin.rd_kafka_ListOffsets(rk, list.pointer, options, queue);
    },
    settle(event) {
      const result = admin.rd_kafka_event_ListOffsets_result(event)!;
      return readArray((count) => admin.rd_kafka_ListOffsets_result_infos(result, count)).map((info) =>
        withoutError(
          readPartition(admin.rd_kafka_ListOffsetsResultInfo_topic_partition(info)!),
          "list offsets",
        ),
      );
    },
  });
}

/** `UNSTABLE_OFFSET_COMMIT`: an open transaction holds offsets of the group; its end is moments away. */
const unstable = 88;
const unstableBackoffMs = 50;

/**
 * @internal Committed offsets of a group; of all its partitions unless some are named. Those without one have offset -1. Offsets that an
 * open transaction may still change are waited for.
 */
export async function groupOffsets(
  client: NativeClient,
  groupId: string,
  partitions: readonly TopicPartition[] | null,
  timeoutMs: number,
): Promise<TopicPartitionOffset[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await stableOffsets(client, groupId, partitions, timeoutMs);
    } catch (error) {
      const wait = error instanceof KafkaError && error.code === unstable && performance.now() < deadline;
      if (!wait) throw error;
      await Bun.sleep(unstableBackoffMs);
    }
  }
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
export function deleteGroupOffsets(
  client: NativeClient,
  groupId: string,
  partitions: readonly TopicPartition[],
  timeoutMs: number,
): Promise<void> {
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
  { kind, code, operation }: GroupChange,
): Promise<void> {
  if (entries.length === 0) {
    return Promise.reject(
      new KafkaError({ code: ErrCode.invalidArgument, operation, message: "no partitions are named" }),
    );
  }
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
  return readPartitionList(admin.rd_kafka_group_result_partitions(group)).map((entry) =>
    withoutError(entry, operation),
  );
}

function withoutError({ err, ...entry }: ReadEntry, operation: string): TopicPartitionOffset {
  if (err !== ErrCode.none) throw errorOf(err, `${operation} ${entry.topic}/${entry.partition}`);
  return entry;
}
