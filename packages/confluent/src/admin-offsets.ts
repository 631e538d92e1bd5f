/** Requests about records and offsets, with the addon's argument checks. Each calls `callback(error)` or `callback(null, result)`. */
import { Handle, librdkafkaAdmin, withPointerArray } from "@campus/kafka/native";
import { listEntries, type Options } from "./admin-arguments.ts";
import { AdminOperation, requestAdmin } from "./admin-request.ts";
import { readDeletedRecords, readListedOffsets } from "./admin-results.ts";
import { requireFunction } from "./connection.ts";
import type { Session } from "./session.ts";
import { createList, integer } from "./topic-partitions.ts";

export function deleteRecords(
  session: Session | null,
  partitions: unknown,
  options: unknown,
  callback: unknown,
): void {
  const done = requireFunction(callback, "Need to specify a callback");
  if (!Array.isArray(partitions))
    throw new Error("Must provide array containg 'TopicPartitionOffset' objects");
  if (typeof options !== "object" || options === null) throw new Error("Must provide 'options' object");
  if (partitions.length === 0) throw new Error("Must provide at least one TopicPartitionOffset");
  const admin = librdkafkaAdmin();
  const { operation_timeout, timeout } = options as Options;
  const entries = listEntries(
    partitions,
    "Failed to convert objects in delete records list, provide proper TopicPartitionOffset objects",
  );
  using list = createList(entries);
  using records = new Handle("records to delete", admin.rd_kafka_DeleteRecords_new(list.pointer), (pointer) =>
    admin.rd_kafka_DeleteRecords_destroy(pointer),
  );
  requestAdmin(
    session,
    {
      operation: AdminOperation.deleteRecords,
      timeoutMs: integer(timeout, 5_000),
      limitsRequest: true,
      configure: (adminOptions) => {
        const operationMs = integer(operation_timeout, 60_000);
        admin.rd_kafka_AdminOptions_set_operation_timeout(adminOptions, operationMs, null, 0);
        return null;
      },
      send: (rk, adminOptions, queue) =>
        withPointerArray([records.pointer], (array, count) =>
          admin.rd_kafka_DeleteRecords(rk, array, count, adminOptions, queue),
        ),
      settle: (event) => ({ result: readDeletedRecords(event) }),
    },
    done,
  );
}

export function listOffsets(
  session: Session | null,
  partitions: unknown,
  options: unknown,
  callback: unknown,
): void {
  const done = requireFunction(callback, "Need to specify a callback");
  if (!Array.isArray(partitions)) throw new Error("Must provide an array of 'TopicPartitionOffsets'");
  const admin = librdkafkaAdmin();
  const { isolationLevel, timeout } = options as Options;
  const specs = partitions.map((given: Options) => {
    const offset = given.offset as { timestamp?: unknown } | undefined;
    return { ...given, offset: integer(offset?.timestamp, 0) };
  });
  using list = createList(listEntries(specs, "Must provide an array of 'TopicPartitionOffsets'"));
  requestAdmin(
    session,
    {
      operation: AdminOperation.listOffsets,
      timeoutMs: integer(timeout, 5_000),
      limitsRequest: true,
      configure: (adminOptions) =>
        admin.rd_kafka_AdminOptions_set_isolation_level(adminOptions, integer(isolationLevel, 0)),
      send: (rk, adminOptions, queue) => admin.rd_kafka_ListOffsets(rk, list.pointer, adminOptions, queue),
      settle: (event) => ({ result: readListedOffsets(event) }),
    },
    done,
  );
}
