/** Requests about groups, with the addon's argument checks. Each calls `callback(error)` or `callback(null, result)`. */
import {
  cstring,
  Handle,
  librdkafkaAdmin,
  withHandles,
  withPointerArray,
  withStringArray,
} from "@campus/kafka/native";
import { enums, groupRequest, includeOperations, listEntries, type Options } from "./admin-arguments.ts";
import { AdminOperation, requestAdmin } from "./admin-request.ts";
import {
  readDeletedGroups,
  readGroupDescriptions,
  readGroupListing,
  readGroupOffsets,
} from "./admin-results.ts";
import { requireFunction } from "./connection.ts";
import { library } from "./library.ts";
import type { Session } from "./session.ts";
import { createList, integer } from "./topic-partitions.ts";

export function listGroups(session: Session | null, options: unknown, callback: unknown): void {
  const done = requireFunction(callback, "Need to specify a callback");
  if (typeof options !== "object" || options === null) throw new Error("Must provide options object");
  const { timeout, matchConsumerGroupStates: states, matchConsumerGroupTypes: types } = options as Options;
  requestAdmin(
    session,
    {
      operation: AdminOperation.listGroups,
      timeoutMs: integer(timeout, 5_000),
      limitsRequest: true,
      configure: (adminOptions) => {
        const lib = library();
        const { rd_kafka_AdminOptions_set_match_consumer_group_states: setStates } = lib;
        const { rd_kafka_AdminOptions_set_match_consumer_group_types: setTypes } = lib;
        return (
          (states === undefined ? null : setStates(adminOptions, ...enums(states))) ??
          (types === undefined ? null : setTypes(adminOptions, ...enums(types)))
        );
      },
      send: (rk, adminOptions, queue) =>
        librdkafkaAdmin().rd_kafka_ListConsumerGroups(rk, adminOptions, queue),
      settle: (event) => ({ result: readGroupListing(event) }),
    },
    done,
  );
}

export function describeGroups(
  session: Session | null,
  groups: unknown,
  options: unknown,
  callback: unknown,
): void {
  const { done, names } = groupRequest(groups, options, callback);
  const { includeAuthorizedOperations, timeout } = options as Options;
  requestAdmin(
    session,
    {
      operation: AdminOperation.describeGroups,
      timeoutMs: integer(timeout, 5_000),
      limitsRequest: true,
      configure: includeOperations(includeAuthorizedOperations),
      send: (rk, adminOptions, queue) =>
        withStringArray(names, (array, count) =>
          librdkafkaAdmin().rd_kafka_DescribeConsumerGroups(rk, array, count, adminOptions, queue),
        ),
      settle: (event) => ({ result: readGroupDescriptions(event) }),
    },
    done,
  );
}

export function deleteGroups(
  session: Session | null,
  groups: unknown,
  options: unknown,
  callback: unknown,
): void {
  const { done, names } = groupRequest(groups, options, callback);
  const admin = librdkafkaAdmin();
  const makers = names.map(
    (name) => () =>
      new Handle("group to delete", admin.rd_kafka_DeleteGroup_new(cstring(name)), (pointer) =>
        admin.rd_kafka_DeleteGroup_destroy(pointer),
      ),
  );
  requestAdmin(
    session,
    {
      operation: AdminOperation.deleteGroups,
      timeoutMs: integer((options as Options).timeout, 5_000),
      limitsRequest: true,
      send: (rk, adminOptions, queue) =>
        withHandles(makers, (pointers) =>
          withPointerArray(pointers, (array, count) =>
            admin.rd_kafka_DeleteGroups(rk, array, count, adminOptions, queue),
          ),
        ),
      settle: (event) => ({ result: readDeletedGroups(event) }),
    },
    done,
  );
}

export function listConsumerGroupOffsets(
  session: Session | null,
  groups: unknown,
  options: unknown,
  callback: unknown,
): void {
  const done = requireFunction(callback, "Need to specify a callback");
  if (!Array.isArray(groups)) throw new Error("Must provide an array of 'listGroupOffsets'");
  if (groups.length === 0) throw new Error("'listGroupOffsets' cannot be empty");
  const admin = librdkafkaAdmin();
  const { requireStableOffsets, timeout } = options as Options;
  const makers = groups.map((group: unknown) => {
    if (typeof group !== "object" || group === null) throw new Error("Each entry must be an object");
    const { groupId, partitions } = group as Options;
    const entries =
      Array.isArray(partitions) && partitions.length > 0
        ? listEntries(
            partitions,
            "Failed to convert partitions to list, provide proper object in partitions",
          ).map((entry) => ({ ...entry, offset: -1001 }))
        : null;
    return () => {
      using list = entries && createList(entries);
      return new Handle(
        "group offsets request",
        admin.rd_kafka_ListConsumerGroupOffsets_new(cstring(String(groupId)), list?.pointer ?? null),
        (pointer) => admin.rd_kafka_ListConsumerGroupOffsets_destroy(pointer),
      );
    };
  });
  requestAdmin(
    session,
    {
      operation: AdminOperation.listGroupOffsets,
      timeoutMs: integer(timeout, 5_000),
      limitsRequest: true,
      configure: (adminOptions) =>
        requireStableOffsets === true
          ? admin.rd_kafka_AdminOptions_set_require_stable_offsets(adminOptions, 1)
          : null,
      send: (rk, adminOptions, queue) =>
        withHandles(makers, (pointers) =>
          withPointerArray(pointers, (array, count) =>
            admin.rd_kafka_ListConsumerGroupOffsets(rk, array, count, adminOptions, queue),
          ),
        ),
      settle: (event) => ({ result: readGroupOffsets(event) }),
    },
    done,
  );
}
